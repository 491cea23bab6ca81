import { posix } from 'node:path';
import type { MemberHeader } from '../../archive/tar/tar-member.js';
import { ImageError } from '../../errors.js';
import {
  folderOf,
  foldersOf,
  impliedFolder,
  joinPath,
  WHITEOUT,
  type EntryAt,
} from './image-tree.js';
import type { ContextFile } from '../source-files/context-file.js';
import { resolvePath, type ResolvedPath } from './resolve-path.js';

/** Owner and mode of what a `copy:` entry creates. */
export interface CopyOptions {
  readonly uid?: number;
  readonly gid?: number;
  /** Mode of files and folders; by default git's modes and 0755. */
  readonly mode?: number;
}

/** A member of a layer. There may be very many, so the file that it is a copy of is opened through `file`. */
export interface LayerMember extends MemberHeader {
  /** Absent for a folder and a link. */
  readonly file?: ContextFile | undefined;
}

export interface LayerMembersOptions {
  /** The entries of the base; absent for `scratch`. */
  readonly base: EntryAt | undefined;
  /** Location for messages. */
  readonly context: string;
  /** Modification time of every member, in seconds since 1970. */
  readonly mtime: number;
}

/** Usual modes of folders that are not 0755, for a base that lacks them. */
const FOLDER_MODES: Readonly<Record<string, number>> = {
  tmp: 0o1777,
  'var/tmp': 0o1777,
  root: 0o700,
};

/**
 * The members of a layer, added one by one on a base. Paths go through the links of the base and of earlier members.
 *
 * A folder of the base keeps its owner and mode. The layer repeats it with both if something below is added: engines that
 * unpack each layer by itself create a folder that the layer lacks as root's, mode 0755.
 */
export class LayerMembers {
  /** By path, without a slash at the end. */
  readonly #members = new Map<string, LayerMember>();
  readonly #base: EntryAt;
  readonly #options: LayerMembersOptions;
  /** The folder that was resolved last: as it was written, and without links. What is added later does not change it. */
  #lastFolder: { readonly written: string; readonly path: string } | undefined;

  constructor(options: LayerMembersOptions) {
    this.#options = options;
    this.#base = options.base ?? ((path) => (path === '' ? impliedFolder(path) : undefined));
  }

  /** Sorted by name. */
  sorted(): LayerMember[] {
    return [...this.#members.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * The path for one file: below `to` if that ends with a slash or is a folder, else `to`.
   *
   * @throws ImageError USAGE, CONFLICT
   */
  fileTarget(to: string, name: string): string {
    const target = this.#resolve(normalizeTarget(to, this.#options.context));
    if (target.entry?.type !== 'folder' && !to.endsWith('/')) return target.path;
    return this.place(joinPath(this.#requireFolder(target), name), false);
  }

  /** The path for the content of a folder. @throws ImageError USAGE, CONFLICT */
  folderTarget(to: string): string {
    return this.#requireFolder(this.#resolve(normalizeTarget(to, this.#options.context)));
  }

  /** The path for a file or folder below a target. A link in place of a file is replaced; one to a folder is followed. */
  place(path: string, isFolder: boolean): string {
    const found = this.#resolveBelow(path, isFolder);
    if (isFolder) return this.#requireFolder(found);
    if (found.entry?.type === 'folder') throw this.#conflict(found.path, 'a file', 'a folder');
    return found.path;
  }

  addFile(path: string, member: Omit<LayerMember, 'name'>, options: CopyOptions): void {
    if (this.#members.has(path)) throw this.#duplicate(path);
    this.addFolders(folderOf(path), options);
    this.#set(path, path, member);
  }

  /** Adds a folder; owner and mode of a folder of the base stay. */
  addFolder(path: string, options: CopyOptions): void {
    this.addFolders(folderOf(path), options);
    if (this.#base(path)?.type !== 'folder')
      this.#set(path, `${path}/`, folderMember(path, options));
  }

  /** Adds a folder and those above it if the layer lacks them; folders that the base lacks have the owner of the copy. */
  addFolders(folder: string, { uid = 0, gid = 0 }: CopyOptions): void {
    // Those above it were added with it.
    if (this.#members.has(folder)) return;
    for (const path of [...foldersOf(folder), folder]) {
      if (path === '' || this.#members.has(path)) continue;
      const known = this.#base(path);
      const like = known?.type === 'folder' ? known : { uid, gid };
      this.#set(path, `${path}/`, folderMember(path, like));
    }
  }

  /** Adds a folder of root with mode 0755, and those above it, unless it is there. @throws ImageError CONFLICT */
  ensureFolder(folder: string): void {
    const { path, entry } = resolvePath(this.#entryAt, folder.slice(1));
    if (!entry) this.addFolders(path, {});
    else if (entry.type !== 'folder')
      throw new ImageError(
        'CONFLICT',
        `workdir: ${JSON.stringify(`/${path}`)} is a file, not a folder`,
        { location: this.#options.context, hint: 'Choose another path for workdir.' },
      );
  }

  #set(path: string, name: string, member: Omit<LayerMember, 'name'>): void {
    const { context, mtime } = this.#options;
    refuseWhiteouts(path, context);
    const { size, type, mode, uid, gid, linkname, file } = member;
    this.#members.set(path, { name, size, type, mode, uid, gid, mtime, linkname, file });
  }

  readonly #entryAt: EntryAt = (path) => {
    const member = this.#members.get(path);
    if (!member) return this.#base(path);
    const type = member.type === 'directory' ? 'folder' : (member.type ?? 'file');
    return { ...impliedFolder(path), type, link: member.linkname ?? '' };
  };

  #resolve(path: string, options?: { readonly followLast: boolean }): ResolvedPath {
    const found = resolvePath(this.#entryAt, path, options);
    if (found.isBlocked) this.#requireFolder(found);
    return found;
  }

  /** Like {@link #resolve}, faster for many paths below one folder: that is resolved once. */
  #resolveBelow(path: string, followLast: boolean): ResolvedPath {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (name === '') return this.#resolve(path, { followLast });
    const folder = folderOf(path);
    if (this.#lastFolder?.written !== folder)
      this.#lastFolder = { written: folder, path: this.#requireFolder(this.#resolve(folder)) };
    const at = joinPath(this.#lastFolder.path, name);
    const entry = this.#entryAt(at);
    if (followLast && entry?.type === 'symlink') return this.#resolve(path);
    return { path: at, entry, isBlocked: false };
  }

  #requireFolder({ path, entry }: ResolvedPath): string {
    if (!entry || entry.type === 'folder') return path;
    throw this.#members.has(path)
      ? this.#duplicate(path)
      : this.#conflict(path, 'a folder', 'a file');
  }

  #duplicate(path: string): ImageError {
    return new ImageError('CONFLICT', `copy: /${path} has two sources`, {
      location: this.#options.context,
    });
  }

  #conflict(path: string, copied: string, there: string): ImageError {
    return new ImageError(
      'CONFLICT',
      `copy to ${JSON.stringify(`/${path}`)}: the base has ${there} there, which ${copied} cannot replace`,
      {
        location: this.#options.context,
        hint: 'A copy replaces neither a folder by a file nor a file by a folder; choose another path for copy.to.',
      },
    );
  }
}

/**
 * Refuses a path in an image of which a name means that lower layers lose a file.
 *
 * @param context location for messages.
 * @throws ImageError UNSUPPORTED
 */
export function refuseWhiteouts(path: string, context: string): void {
  if (!path.includes(WHITEOUT)) return;
  const reserved = path.split('/').find((name) => name.startsWith(WHITEOUT));
  if (reserved === undefined) return;
  throw new ImageError(
    'UNSUPPORTED',
    `copy: a name cannot begin with ${WHITEOUT}: ${JSON.stringify(posix.resolve('/', path))}`,
    {
      location: context,
      hint: `In a layer, a name like ${JSON.stringify(reserved)} deletes a file. Rename the file, or exclude it in .dockerignore.`,
    },
  );
}

function folderMember(
  path: string,
  { mode, uid = 0, gid = 0 }: CopyOptions,
): Omit<LayerMember, 'name'> {
  return {
    size: 0,
    type: 'directory',
    mode: mode ?? FOLDER_MODES[path] ?? 0o755,
    uid,
    gid,
  };
}

/** @throws ImageError USAGE */
function normalizeTarget(to: string, context: string): string {
  const location = { location: context };
  if (!to.startsWith('/'))
    throw new ImageError(
      'USAGE',
      `copy.to: ${JSON.stringify(to)} is not an absolute path`,
      location,
    );
  const parts = to.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..'))
    throw new ImageError(
      'USAGE',
      `copy.to: the path ${JSON.stringify(to)} has ".." in it`,
      location,
    );
  return parts.join('/');
}
