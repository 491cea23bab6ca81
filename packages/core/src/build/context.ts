import { constants, type Stats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import type { Definition } from '../definition/definition.js';
import { inside } from '../disk/inside.js';
import { openOwn, readUpTo } from '../disk/own-file.js';
import { requireFolderBelow } from '../disk/own-folder.js';
import { readRange } from '../disk/read-range.js';
import { slashed } from '../disk/slashed.js';
import { ImageError, systemCode } from '../errors.js';
import type { CallOptions } from '../transfer/store.js';
import { parseIgnoreRules, type IgnoreRules, type IgnoreState } from './ignore-rules.js';

/** A file, folder or symbolic link below a context, path with forward slashes. */
export interface ContextFile {
  readonly path: string;
  readonly absolute: string;
  readonly type: 'file' | 'directory' | 'symlink';
  readonly size: number;
  /** 0o755 or 0o644: whether it may be run is all that git keeps, and all that we do. */
  readonly mode: number;
  /** Tells whether the path still leads to the file that was listed. */
  readonly identity: string;
  /** Where a symbolic link points. */
  readonly link?: string;
}

/** These say how the image is made; a comment changed there must not change what is made. */
const MADE_FROM: ReadonlySet<string> = new Set(['image.yaml', 'image.lock.yaml']);
const IGNORE_FILE = '.dockerignore';
/** More than people write rules (bytes). */
const IGNORE_LIMIT = 1024 * 1024;

/**
 * Lists a context, sorted by path, `.dockerignore` applied. Symbolic links are listed, not followed.
 *
 * @param roots where to look, relative to the folder: a context may be a whole project, and what an image
 *   takes of it a single folder. What is not there is left out.
 * @throws ImageError NOT_FOUND (no such folder), UNSUPPORTED (a socket, device or pipe), USAGE (a root that is no path
 *   in the context), INVALID (a link that leads out of the context above a root; `.dockerignore`)
 */
export async function listContext(
  folder: string,
  roots: readonly string[] = ['.'],
  { signal }: CallOptions = {},
): Promise<ContextFile[]> {
  const { root: state, hasExceptions } = await ignoreRules(folder);
  const files = new Map<string, ContextFile>();
  async function visit(path: string, { isIgnored, enter }: IgnoreState): Promise<void> {
    signal?.throwIfAborted();
    const ignored = path !== '' && (MADE_FROM.has(path) || isIgnored);
    // Below a folder that is left out, an exception (`!keep`) may still bring something in.
    if (ignored && !hasExceptions) return;
    const file = path === '' ? undefined : await describe(folder, path);
    if (file && !ignored) files.set(path, file);
    if (file && file.type !== 'directory') return;
    for (const name of await readdir(join(folder, path))) {
      await visit(path === '' ? name : `${path}/${name}`, enter(name));
    }
  }
  await requireFolder(folder);
  for (const root of roots) {
    const path = contextPath(root);
    const absolute = inside(folder, path);
    await requireFolderBelow(folder, path === '' ? folder : dirname(absolute));
    if (!(await isThere(absolute))) continue;
    const above = path === '' ? [] : path.split('/');
    await visit(
      path,
      above.reduce((each, name) => each.enter(name), state),
    );
  }
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What an image takes of its context: what is copied, or for a Dockerfile all. */
export function contextRoots({ dockerfile, copy }: Definition): readonly string[] {
  return dockerfile === undefined ? copy.map(({ from }) => from) : ['.'];
}

/** Those of a context's files that the image is made from. @throws ImageError NOT_FOUND */
export function usedFiles(
  { dockerfile, copy }: Definition,
  files: readonly ContextFile[],
  context: string,
): readonly ContextFile[] {
  return dockerfile === undefined
    ? copy.flatMap(({ from }) => selectFiles(files, from, context))
    : files;
}

/**
 * The content of a file of a context, from its first byte.
 *
 * @throws ImageError CONFLICT when another file is at its path since it was listed; INVALID when it is a link now
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
        hint: 'Something replaced it meanwhile; build again.',
      },
    );
  yield* readRange(file, 0, Infinity);
}

/** One file, or all below a folder, of a context. @throws ImageError NOT_FOUND */
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
      hint: `Build it first (after:), correct copy.from, or see whether ${IGNORE_FILE} leaves it out.`,
    },
  );
}

/** Docker's rules, which are not git's. */
async function ignoreRules(folder: string): Promise<IgnoreRules> {
  const path = join(folder, IGNORE_FILE);
  await requireFolderBelow(folder, path);
  return parseIgnoreRules((await readUpTo(path, IGNORE_LIMIT))?.toString() ?? '');
}

async function requireFolder(folder: string): Promise<void> {
  const info = await lstat(join(folder, '.')).catch(unlessAbsent);
  if (info?.isDirectory()) return;
  throw new ImageError('NOT_FOUND', `${folder}: expected the context, got no such folder`, {
    location: folder,
  });
}

async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(unlessAbsent)) !== undefined;
}

function unlessAbsent(error: unknown): undefined {
  const code = systemCode(error);
  if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
}

/**
 * A path of a definition as the listing has it: without `./`, without a slash at its end; empty for all.
 *
 * @throws ImageError USAGE (a path out of the context)
 */
export function contextPath(path: string): string {
  const clean = posix.normalize(path);
  if (clean === '..' || clean.startsWith('../') || clean.startsWith('/') || clean.includes('\0'))
    throw new ImageError(
      'USAGE',
      `copy.from: expected a path in the context, got ${JSON.stringify(path)}`,
      {
        hint: 'context: names the folder that files are taken from; it may be any of the workspace.',
      },
    );
  return clean === '.' || clean === './' ? '' : clean.replace(/\/$/, '');
}

async function describe(folder: string, path: string): Promise<ContextFile> {
  const absolute = join(folder, path);
  const info = await lstat(absolute);
  const common = { path, absolute, mode: modeOf(info.mode), identity: identityOf(info) };
  if (info.isSymbolicLink())
    return { ...common, type: 'symlink', size: 0, link: slashed(await readlink(absolute)) };
  if (info.isDirectory()) return { ...common, type: 'directory', size: 0 };
  if (info.isFile()) return { ...common, type: 'file', size: info.size };
  throw new ImageError(
    'UNSUPPORTED',
    `${absolute}: expected a file, folder or link, got a device, pipe or socket`,
    {
      location: absolute,
      hint: `Name it in ${IGNORE_FILE}.`,
    },
  );
}

function identityOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}

/** Windows does not know what may be run; Docker says that all may. */
export function modeOf(mode: number, platform: NodeJS.Platform = process.platform): number {
  return platform === 'win32' || mode & 0o100 ? 0o755 : 0o644;
}
