import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs';
import { decodeName, systemPath } from '../../disk/paths/byte-names.js';
import { openOwn, openOwnSync } from '../../disk/paths/own-file.js';
import { readRange } from '../../disk/read-range.js';
import { toSlashes } from '../../disk/paths/slashed.js';
import { ImageError } from '../../errors.js';
import type { TarMember } from '../../archive/tar/pack-tar.js';
import { BLOCK, paddedSize } from '../../archive/tar/tar-header.js';
import type { Bytes } from '../../transfer/store.js';
import { IGNORE_FILE } from '../context/ignore-file.js';
import { isModeLost, modeOf } from './file-modes.js';

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
  /** Device and inode detect a file that was replaced after it was listed. */
  readonly dev: number;
  readonly ino: number;
  /** Times when its content and its inode changed, in milliseconds since 1970 with a fraction. */
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  /** Target of a symbolic link. */
  readonly link?: string;
  /** Path in the context to which a link that is a root leads; empty for the context itself. */
  readonly leadsTo?: string;
  /** An ignored Dockerfile: builders read it, and do not copy it. */
  readonly isHidden?: true;
}

/**
 * Describes what is at a path of a context. Synchronous, as all that is done for each of many small files: a promise for each
 * would take longer than the call.
 *
 * @param gitModes modes of files that git's index has, on a system without them.
 * @throws ImageError UNSUPPORTED (a socket, device or pipe)
 */
export function describeFile(
  { path, absolute }: Pick<ContextFile, 'path' | 'absolute'>,
  gitModes: ReadonlyMap<string, number> | undefined,
): ContextFile {
  const info = lstatSync(systemPath(absolute));
  const { dev, ino, mtimeMs, ctimeMs } = info;
  // One object literal for each type: there may be very many files, and a spread takes more memory.
  if (info.isFile()) {
    const { size } = info;
    const mode = gitModes ? (gitModes.get(path) ?? 0o755) : modeOf(info.mode);
    const file = { path, absolute, type: 'file', size, mode, dev, ino, mtimeMs, ctimeMs } as const;
    return !gitModes && isModeLost(info.mode) ? { ...file, lostMode: info.mode & 0o7777 } : file;
  }
  const other = { path, absolute, size: 0, mode: 0o755, dev, ino, mtimeMs, ctimeMs };
  if (info.isDirectory()) return { ...other, type: 'directory' };
  if (info.isSymbolicLink()) {
    const link = readlinkSync(systemPath(absolute), { encoding: 'buffer' });
    const mode = gitModes ? (gitModes.get(path) ?? 0o755) : modeOf(info.mode);
    return { ...other, type: 'symlink', mode, link: toSlashes(decodeName(link)) };
  }
  throw new ImageError(
    'UNSUPPORTED',
    `${absolute}: a device, pipe or socket, not a file, folder or link`,
    {
      location: absolute,
      hint: `Exclude it in ${IGNORE_FILE}.`,
    },
  );
}

/** Size (bytes) up to which opening a file takes longer than reading it. */
export const SMALL_BYTES = 64 * 1024;

/** Whether {@link readSmallFile} reads a file faster than {@link readContextFile}. */
export function isSmall({ size }: ContextFile): boolean {
  return size <= SMALL_BYTES;
}

/** Bytes that a file takes in a tar whose small files are spooled: its header, and its content if that is small. */
export function spooledBytes(file: ContextFile | undefined): number {
  return BLOCK + (file && isSmall(file) ? paddedSize(file.size) : 0);
}

/** The content of a file, for a member of a tar. */
export function contentOfFile(file: ContextFile): Pick<TarMember, 'size' | 'open' | 'read'> {
  return {
    size: file.size,
    open: () => readContextFile(file),
    ...(isSmall(file) ? { read: (into) => readSmallFile(file, into) } : {}),
  };
}

/**
 * Reads a whole file of a context.
 *
 * @throws ImageError CONFLICT (the file was replaced after it was listed, or has another size), INVALID (it is a link now)
 */
export async function* readContextFile(file: ContextFile): Bytes {
  await using handle = await openOwn(file.absolute, constants.O_RDONLY);
  requireListed(file, await handle.stat());
  let size = 0;
  for await (const chunk of readRange(handle, 0, file.size + 1)) {
    size += chunk.byteLength;
    if (size > file.size) break;
    yield chunk;
  }
  if (size !== file.size) throw changed(file, 'changed while it was read');
}

/**
 * Reads a whole small file of a context at once.
 *
 * @param into a buffer of its size.
 * @throws ImageError like {@link readContextFile}
 */
export function readSmallFile(file: ContextFile, into: Uint8Array): void {
  const descriptor = openOwnSync(file.absolute);
  try {
    requireListed(file, fstatSync(descriptor));
    let at = 0;
    while (at < file.size) {
      const count = readSync(descriptor, into, at, file.size - at, at);
      if (count === 0) throw changed(file, 'changed while it was read');
      at += count;
    }
  } finally {
    closeSync(descriptor);
  }
}

function requireListed(file: ContextFile, info: Stats): void {
  const { dev, ino, size } = info;
  if (dev !== file.dev || ino !== file.ino || !info.isFile())
    throw changed(file, 'was replaced after it was listed');
  if (size !== file.size) throw changed(file, 'changed after it was listed');
}

function changed({ absolute }: ContextFile, how: string): ImageError {
  return new ImageError('CONFLICT', `${absolute}: the file ${how}`, {
    location: absolute,
    hint: 'Build again, while nothing else writes to the context.',
  });
}
