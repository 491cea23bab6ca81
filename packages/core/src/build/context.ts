import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import dockerignore from '@balena/dockerignore';
import { ImageError, systemCode } from '../errors.js';

/** A file, folder or symbolic link below a context, path with forward slashes. */
export interface ContextFile {
  readonly path: string;
  readonly absolute: string;
  readonly type: 'file' | 'directory' | 'symlink';
  readonly size: number;
  /** 0o755 or 0o644: whether it may be run is all that git keeps, and all that we do. */
  readonly mode: number;
  /** Where a symbolic link points. */
  readonly link?: string;
}

/** These say how the image is made; a comment changed there must not change what is made. */
const MADE_FROM: ReadonlySet<string> = new Set(['image.yaml', 'image.lock.yaml']);
const IGNORE_FILE = '.dockerignore';

/**
 * Lists a context, sorted by path, `.dockerignore` applied. Symbolic links are listed, not followed.
 *
 * @throws ImageError NOT_FOUND (no such folder), UNSUPPORTED (a socket, device or pipe)
 */
export async function listContext(folder: string): Promise<ContextFile[]> {
  const ignore = dockerignore.default().add(await ignoreRules(folder));
  const files: ContextFile[] = [];
  for (const path of await pathsBelow(folder)) {
    if (!MADE_FROM.has(path) && !ignore.ignores(path)) files.push(await describe(folder, path));
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** One file, or all below a folder, of a context. @throws ImageError NOT_FOUND */
export function selectFiles(
  files: readonly ContextFile[],
  from: string,
  context: string,
): readonly ContextFile[] {
  const path = from.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '');
  if (path === '.' || path === '') return files;
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

async function ignoreRules(folder: string): Promise<string> {
  try {
    return await readFile(join(folder, IGNORE_FILE), 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return '';
    throw error;
  }
}

async function pathsBelow(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder, { recursive: true })).map((path) => path.replaceAll('\\', '/'));
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTDIR') throw error;
    throw new ImageError('NOT_FOUND', `${folder}: expected the context, got no such folder`, {
      location: folder,
      cause: error,
    });
  }
}

async function describe(folder: string, path: string): Promise<ContextFile> {
  const absolute = join(folder, path);
  const info = await lstat(absolute);
  const common = { path, absolute, mode: info.mode & 0o100 ? 0o755 : 0o644 };
  if (info.isSymbolicLink())
    return { ...common, type: 'symlink', size: 0, link: await readlink(absolute) };
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
