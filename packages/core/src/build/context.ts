import { createReadStream } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import dockerignore from '@balena/dockerignore';
import type { Definition } from '../definition/definition.js';
import { slashed } from '../disk/slashed.js';
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
const CHUNK = 512 * 1024;

/**
 * Lists a context, sorted by path, `.dockerignore` applied. Symbolic links are listed, not followed.
 *
 * @param roots where to look, relative to the folder: a context may be a whole project, and what an image
 *   takes of it a single folder. What is not there is left out.
 * @throws ImageError NOT_FOUND (no such folder), UNSUPPORTED (a socket, device or pipe)
 */
export async function listContext(
  folder: string,
  roots: readonly string[] = ['.'],
): Promise<ContextFile[]> {
  const { isIgnored, hasExceptions } = await ignoreRules(folder);
  const files = new Map<string, ContextFile>();
  async function visit(path: string): Promise<void> {
    const ignored = path !== '' && (MADE_FROM.has(path) || isIgnored(path));
    // Below a folder that is left out, an exception (`!keep`) may still bring something in.
    if (ignored && !hasExceptions) return;
    const file = path === '' ? undefined : await describe(folder, path);
    if (file && !ignored) files.set(path, file);
    if (file && file.type !== 'directory') return;
    for (const name of await readdir(join(folder, path))) {
      await visit(path === '' ? name : `${path}/${name}`);
    }
  }
  await requireFolder(folder);
  for (const root of roots) {
    const path = contextPath(root);
    if (path === '' || (await isThere(join(folder, path)))) await visit(path);
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

/** The content of a file of a context, from its first byte. */
export function readContextFile({ absolute }: ContextFile): AsyncIterable<Uint8Array> {
  return createReadStream(absolute, { highWaterMark: CHUNK });
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
async function ignoreRules(folder: string) {
  const text = (await readFile(join(folder, IGNORE_FILE), 'utf8').catch(unlessAbsent)) ?? '';
  const rules = dockerignore.default({ ignorecase: false }).add(text);
  return {
    isIgnored: (path: string) => rules.ignores(path),
    hasExceptions: /^\s*!/m.test(text),
  };
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

/** A path of a definition as the listing has it: without `./`, without a slash at its end; empty for all. */
export function contextPath(path: string): string {
  const clean = path.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '');
  return clean === '.' ? '' : clean;
}

async function describe(folder: string, path: string): Promise<ContextFile> {
  const absolute = join(folder, path);
  const info = await lstat(absolute);
  const common = { path, absolute, mode: modeOf(info.mode) };
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

/** Windows does not know what may be run; Docker says that all may. */
export function modeOf(mode: number, platform: NodeJS.Platform = process.platform): number {
  return platform === 'win32' || mode & 0o100 ? 0o755 : 0o644;
}
