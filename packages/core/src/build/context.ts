import { constants, type Stats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import type { Definition } from '../definition/definition.js';
import { decodeName, systemPath } from '../disk/byte-names.js';
import { ignoreMissing } from '../disk/if-there.js';
import { inside } from '../disk/inside.js';
import { openOwn } from '../disk/own-file.js';
import { requireFolderBelow } from '../disk/own-folder.js';
import { readRange } from '../disk/read-range.js';
import { toSlashes } from '../disk/slashed.js';
import { ImageError } from '../errors.js';
import type { CallOptions } from '../transfer/store.js';
import { IGNORE_FILE, readIgnoreRules } from './ignore-file.js';
import type { IgnoreState } from './ignore-rules.js';
import { isModeLost, modeOf, readGitModes } from './source-files/file-modes.js';
import { findTarget } from './source-files/find-target.js';

/**
 * A file, folder or symbolic link below a context, path with forward slashes. Names that are not UTF-8 are decoded without
 * loss (`decodeName`).
 */
export interface ContextFile {
  readonly path: string;
  readonly absolute: string;
  readonly type: 'file' | 'directory' | 'symlink';
  readonly size: number;
  /** 0o755 or 0o644: like git, only the executable bit of the owner is kept. A folder has 0o755. */
  readonly mode: number;
  /** The mode on disk of a file that was more or less than git's mode says; see `isModeLost`. */
  readonly lostMode?: number;
  /** Device and inode: detects a file that was replaced after it was listed. */
  readonly identity: string;
  /** Target of a symbolic link. */
  readonly link?: string;
  /** Path in the context to which a link that is a root leads; empty for the context itself. */
  readonly leadsTo?: string;
  /** An ignored Dockerfile: builders read it, and do not copy it. */
  readonly isHidden?: true;
}

/** Excluded: a changed comment in the definition must not change the image. */
const DEFINITION_FILES: ReadonlySet<string> = new Set(['image.yaml', 'image.lock.yaml']);

/** Options for listing a context. */
export interface ListOptions extends CallOptions {
  /** On Windows, git's index decides which files may be run; this system's by default. */
  readonly platform?: NodeJS.Platform;
  /** The own Dockerfile of the definition, relative to the context: it is listed even if it is ignored. */
  readonly dockerfile?: string | undefined;
  /** Absolute paths of files that are in no image, such as secrets. */
  readonly secretFiles?: readonly string[];
}

/**
 * Lists a context, sorted by path, without what `.dockerignore` leaves out. Symbolic links are listed, not followed; of a
 * root that is a link, what it leads to is listed, too.
 *
 * @param roots files and folders to list, relative to the context, so that an image that copies one folder does not
 *   list a whole project. Roots that do not exist are ignored.
 * @throws ImageError NOT_FOUND (the context), UNSUPPORTED (a socket, device or pipe), USAGE (a root outside the
 *   context), INVALID (a root or a parent folder of it is a link out of the context; `.dockerignore`)
 */
export async function listContext(
  folder: string,
  roots: readonly string[] = ['.'],
  { signal, platform = process.platform, dockerfile, secretFiles = [] }: ListOptions = {},
): Promise<ContextFile[]> {
  await requireFolder(folder);
  const gitModes = platform === 'win32' ? await readGitModes(folder, { signal }) : undefined;
  const { root: state, hasExceptions } = await readIgnoreRules(folder, dockerfile);
  const secrets = new Set(secretFiles);
  const files = new Map<string, ContextFile>();
  const targets = new Map<string, string>();
  async function visit(path: string, { isIgnored, enter }: IgnoreState): Promise<void> {
    signal?.throwIfAborted();
    if (secrets.has(join(folder, path))) return;
    const ignored = path !== '' && (DEFINITION_FILES.has(path) || isIgnored);
    // An exception (`!keep`) may include a file below an ignored folder.
    if (ignored && !hasExceptions) return;
    const file = path === '' ? undefined : await describe(folder, path, gitModes);
    if (file && !ignored) files.set(path, file);
    if (file && file.type !== 'directory') return;
    const names = await readdir(systemPath(join(folder, path)), { encoding: 'buffer' });
    for (const name of names.map(decodeName)) {
      await visit(path === '' ? name : `${path}/${name}`, enter(name));
    }
  }
  const stateAt = (path: string) =>
    path.split('/').reduce((at, name) => (name === '' ? at : at.enter(name)), state);
  for (const root of roots) {
    const path = contextPath(root);
    const absolute = inside(folder, path);
    await requireFolderBelow(folder, path === '' ? folder : dirname(absolute));
    if (!(await ignoreMissing(() => lstat(systemPath(absolute))))) continue;
    await visit(path, stateAt(path));
    const link = files.get(path);
    const target = link?.type === 'symlink' ? await findTarget(folder, absolute) : undefined;
    if (target === undefined) continue;
    targets.set(path, target);
    await visit(target, stateAt(target));
  }
  for (const [path, leadsTo] of targets) {
    const link = files.get(path);
    if (link) files.set(path, { ...link, leadsTo });
  }
  const path = dockerfile === undefined ? undefined : posix.normalize(dockerfile);
  if (path !== undefined && !files.has(path)) {
    inside(folder, path);
    const hidden = await ignoreMissing(() => describe(folder, path, gitModes));
    if (hidden) files.set(path, { ...hidden, isHidden: true });
  }
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The paths of the context that an image uses: those of `copy:`, or all for a Dockerfile. */
export function contextRoots({ dockerfile, copy }: Definition): readonly string[] {
  return dockerfile === undefined ? copy.map(({ from }) => from) : ['.'];
}

/** Selects the files of the context that the image is made from. @throws ImageError NOT_FOUND */
export function selectUsedFiles(
  { dockerfile, copy }: Definition,
  files: readonly ContextFile[],
  context: string,
): readonly ContextFile[] {
  return dockerfile === undefined
    ? copy.flatMap(({ from }) => selectFiles(files, from, context))
    : files;
}

/**
 * Reads a whole file of a context.
 *
 * @throws ImageError CONFLICT (the file was replaced after it was listed), INVALID (it is a link now)
 */
export async function* readContextFile({
  absolute,
  identity,
}: ContextFile): AsyncIterable<Uint8Array> {
  await using file = await openOwn(absolute, constants.O_RDONLY);
  if (identityOf(await file.stat()) !== identity)
    throw new ImageError('CONFLICT', `${absolute}: the file was replaced after it was listed`, {
      location: absolute,
      hint: 'Build again, while nothing else writes to the context.',
    });
  yield* readRange(file, 0, Infinity);
}

/**
 * Selects one file of a context, or a folder with all files below it. Of a link, what it leads to, as if it were at the
 * path of the link.
 *
 * @throws ImageError NOT_FOUND
 */
export function selectFiles(
  files: readonly ContextFile[],
  from: string,
  context: string,
): readonly ContextFile[] {
  const path = contextPath(from);
  if (path === '') return files;
  const selected = filesAt(files, path);
  const [link] = selected;
  if (link?.type !== 'symlink' || link.path !== path) {
    if (selected.length > 0) return selected;
  } else if (link.leadsTo !== undefined) {
    const { leadsTo: target } = link;
    const targets = filesAt(files, target);
    const rename = (old: string) =>
      `${path}${target === '' ? `/${old}` : old.slice(target.length)}`;
    if (targets.length > 0) return targets.map((file) => ({ ...file, path: rename(file.path) }));
  }
  throw new ImageError('NOT_FOUND', `${context}: no file ${JSON.stringify(from)} in the context`, {
    location: context,
    hint: `Build it first (after:), correct copy.from, or check whether ${IGNORE_FILE} excludes it.`,
  });
}

function filesAt(files: readonly ContextFile[], path: string): readonly ContextFile[] {
  if (path === '') return files;
  return files.filter((file) => file.path === path || file.path.startsWith(`${path}/`));
}

async function requireFolder(folder: string): Promise<void> {
  const info = await ignoreMissing(() => lstat(systemPath(join(folder, '.'))));
  if (info?.isDirectory()) return;
  throw new ImageError('NOT_FOUND', `${folder}: the folder of the context does not exist`, {
    location: folder,
  });
}

/**
 * Normalizes a path of a definition to the form of {@link ContextFile.path}: no leading `./`, no trailing slash; empty for
 * the context itself.
 *
 * @throws ImageError USAGE (a path outside the context)
 */
export function contextPath(path: string): string {
  const clean = posix.normalize(path);
  if (clean === '..' || clean.startsWith('../') || clean.startsWith('/') || clean.includes('\0'))
    throw new ImageError(
      'USAGE',
      `copy.from: ${JSON.stringify(path)} is not a path in the context`,
      {
        hint: 'context: names the folder that files are taken from; it may be any folder of the workspace.',
      },
    );
  return clean === '.' || clean === './' ? '' : clean.replace(/\/$/, '');
}

async function describe(
  folder: string,
  path: string,
  gitModes: ReadonlyMap<string, number> | undefined,
): Promise<ContextFile> {
  const absolute = join(folder, path);
  const info = await lstat(systemPath(absolute));
  const mode = gitModes ? (gitModes.get(path) ?? 0o755) : modeOf(info.mode);
  const common = { path, absolute, mode, identity: identityOf(info) };
  if (info.isSymbolicLink()) {
    const link = await readlink(systemPath(absolute), { encoding: 'buffer' });
    return { ...common, type: 'symlink', size: 0, link: toSlashes(decodeName(link)) };
  }
  if (info.isDirectory()) return { ...common, type: 'directory', size: 0, mode: 0o755 };
  const lost = !gitModes && isModeLost(info.mode) ? { lostMode: info.mode & 0o7777 } : {};
  if (info.isFile()) return { ...common, ...lost, type: 'file', size: info.size };
  throw new ImageError(
    'UNSUPPORTED',
    `${absolute}: a device, pipe or socket, not a file, folder or link`,
    {
      location: absolute,
      hint: `Exclude it in ${IGNORE_FILE}.`,
    },
  );
}

function identityOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}
