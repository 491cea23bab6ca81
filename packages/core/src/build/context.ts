import { constants, type Stats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import type { Definition } from '../definition/definition.js';
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

/** A file, folder or symbolic link below a context, path with forward slashes. */
export interface ContextFile {
  readonly path: string;
  readonly absolute: string;
  readonly type: 'file' | 'directory' | 'symlink';
  readonly size: number;
  /** 0o755 or 0o644: like git, only the executable bit is kept. */
  readonly mode: number;
  /** Device and inode: detects a file that was replaced after it was listed. */
  readonly identity: string;
  /** Target of a symbolic link. */
  readonly link?: string;
  /** An ignored Dockerfile: builders read it, and do not copy it. */
  readonly isHidden?: true;
}

/** How a context is listed. */
export interface ListOptions extends CallOptions {
  /** The own Dockerfile of the definition, relative to the context: it is listed even if it is ignored. */
  readonly dockerfile?: string | undefined;
}

/** Excluded: a changed comment in the definition must not change the image. */
const DEFINITION_FILES: ReadonlySet<string> = new Set(['image.yaml', 'image.lock.yaml']);

/**
 * Lists a context, sorted by path, without what `.dockerignore` leaves out. Symbolic links are listed, not followed.
 *
 * @param roots files and folders to list, relative to the context, so that an image that copies one folder does not
 *   list a whole project. Roots that do not exist are ignored.
 * @throws ImageError NOT_FOUND (the context), UNSUPPORTED (a socket, device or pipe), USAGE (a root outside the
 *   context), INVALID (a parent folder of a root is a link out of the context; `.dockerignore`)
 */
export async function listContext(
  folder: string,
  roots: readonly string[] = ['.'],
  { signal, dockerfile }: ListOptions = {},
): Promise<ContextFile[]> {
  await requireFolder(folder);
  const { root: state, hasExceptions } = await readIgnoreRules(folder, dockerfile);
  const files = new Map<string, ContextFile>();
  async function visit(path: string, { isIgnored, enter }: IgnoreState): Promise<void> {
    signal?.throwIfAborted();
    const ignored = path !== '' && (DEFINITION_FILES.has(path) || isIgnored);
    // An exception (`!keep`) may include a file below an ignored folder.
    if (ignored && !hasExceptions) return;
    const file = path === '' ? undefined : await describe(folder, path);
    if (file && !ignored) files.set(path, file);
    if (file && file.type !== 'directory') return;
    for (const name of await readdir(join(folder, path))) {
      await visit(path === '' ? name : `${path}/${name}`, enter(name));
    }
  }
  for (const root of roots) {
    const path = contextPath(root);
    const absolute = inside(folder, path);
    await requireFolderBelow(folder, path === '' ? folder : dirname(absolute));
    if (!(await ignoreMissing(() => lstat(absolute)))) continue;
    const above = path === '' ? [] : path.split('/');
    await visit(
      path,
      above.reduce((each, name) => each.enter(name), state),
    );
  }
  const path = dockerfile === undefined ? undefined : posix.normalize(dockerfile);
  if (path !== undefined && !files.has(path)) {
    inside(folder, path);
    const hidden = await ignoreMissing(() => describe(folder, path));
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
    throw new ImageError(
      'CONFLICT',
      `${absolute}: expected the file that was listed, got another`,
      {
        location: absolute,
        hint: 'The file was replaced during the build; build again.',
      },
    );
  yield* readRange(file, 0, Infinity);
}

/** Selects one file of a context, or a folder with all files below it. @throws ImageError NOT_FOUND */
export function selectFiles(
  files: readonly ContextFile[],
  from: string,
  context: string,
): readonly ContextFile[] {
  const path = contextPath(from);
  if (path === '') return files;
  const selected = files.filter((file) => file.path === path || file.path.startsWith(`${path}/`));
  if (selected.length > 0) return selected;
  throw new ImageError(
    'NOT_FOUND',
    `${context}: expected ${JSON.stringify(from)} in the context, got no such file`,
    {
      location: context,
      hint: `Build it first (after:), correct copy.from, or check whether ${IGNORE_FILE} excludes it.`,
    },
  );
}

async function requireFolder(folder: string): Promise<void> {
  const info = await ignoreMissing(() => lstat(join(folder, '.')));
  if (info?.isDirectory()) return;
  throw new ImageError('NOT_FOUND', `${folder}: expected the context, got no such folder`, {
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
      `copy.from: expected a path in the context, got ${JSON.stringify(path)}`,
      {
        hint: 'context: names the folder that files are taken from; it may be any folder of the workspace.',
      },
    );
  return clean === '.' || clean === './' ? '' : clean.replace(/\/$/, '');
}

async function describe(folder: string, path: string): Promise<ContextFile> {
  const absolute = join(folder, path);
  const info = await lstat(absolute);
  const common = { path, absolute, mode: modeOf(info.mode), identity: identityOf(info) };
  if (info.isSymbolicLink())
    return { ...common, type: 'symlink', size: 0, link: toSlashes(await readlink(absolute)) };
  if (info.isDirectory()) return { ...common, type: 'directory', size: 0 };
  if (info.isFile()) return { ...common, type: 'file', size: info.size };
  throw new ImageError(
    'UNSUPPORTED',
    `${absolute}: expected a file, folder or link, got a device, pipe or socket`,
    {
      location: absolute,
      hint: `Exclude it in ${IGNORE_FILE}.`,
    },
  );
}

function identityOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}

/** Windows has no executable bit, so every file is executable there, as in Docker. */
export function modeOf(mode: number, platform: NodeJS.Platform = process.platform): number {
  return platform === 'win32' || mode & 0o100 ? 0o755 : 0o644;
}
