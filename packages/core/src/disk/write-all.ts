import type { FileHandle } from 'node:fs/promises';
import { asSpaceError } from '../errors.js';

/** Content of a file, in chunks. */
export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Chunks are collected for a write of at least this size (bytes). */
const WRITE_BYTES = 256 * 1024;

/** More chunks are put together before they are written. */
const MAX_CHUNKS = 64;

/** Bytes after which a sync starts while more content arrives, so that the last sync has little left to do. */
const SYNC_BYTES = 32 * 1024 * 1024;

/** Starts a sync of an open file each time that enough was written. */
class EarlySync {
  readonly #file: FileHandle;
  #unsynced = 0;
  #running: Promise<void> | undefined;
  #lost: { readonly error: unknown } | undefined;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  wrote(bytes: number): void {
    this.#unsynced += bytes;
    if (this.#unsynced < SYNC_BYTES || this.#running) return;
    this.#unsynced = 0;
    // Linux reports a failed write-back to one sync only, so the sync of the complete file may succeed after it.
    const early = this.#file.datasync().catch((error: unknown) => void (this.#lost ??= { error }));
    this.#running = early.then(() => (this.#running = undefined));
  }

  async settled(): Promise<void> {
    await this.#running;
  }

  throwIfLost(path: string): void {
    if (this.#lost) throw asWriteError(this.#lost.error, path);
  }
}

/** Tells that bytes of the file were written. */
export type OnWritten = (bytes: number) => void;

/** Writes into an open file with early syncs, which `write` causes by telling what it has written. */
export async function withEarlySyncs(
  file: FileHandle,
  path: string,
  write: (onWritten: OnWritten) => Promise<void>,
): Promise<void> {
  const syncs = new EarlySync(file);
  try {
    await write((bytes) => syncs.wrote(bytes));
  } finally {
    await syncs.settled();
  }
  syncs.throwIfLost(path);
}

export interface WriteAllOptions {
  /** Called after each write with its number of bytes. */
  readonly onWritten?: OnWritten | undefined;
  /** The least number of bytes that are written at once. */
  readonly least?: number | undefined;
}

/** Appends content to an open file, as {@link writeAt} does, with early syncs. */
export async function writeAll(
  file: FileHandle,
  content: Chunks,
  path: string,
  { onWritten, least }: WriteAllOptions = {},
): Promise<void> {
  await withEarlySyncs(file, path, (wrote) =>
    writeAt({ file, path }, content, {
      least,
      onWritten: (bytes) => {
        wrote(bytes);
        onWritten?.(bytes);
      },
    }),
  );
}

/** A place in an open file; its end when `offset` is omitted. */
export interface FilePlace {
  readonly file: FileHandle;
  readonly path: string;
  /** Offset of the first byte. */
  readonly offset?: number;
}

/**
 * Writes content in large writes, of at least `least` bytes; the next one is collected while one is running. With `least` 1
 * each chunk is written by the time the second one after it is asked for, as lent ones have to be.
 */
export async function writeAt(
  { file, path, offset }: FilePlace,
  content: Chunks,
  { onWritten, least = WRITE_BYTES }: WriteAllOptions = {},
): Promise<void> {
  let batch: Uint8Array[] = [];
  let size = 0;
  let position = offset;
  let writing: Promise<void> = Promise.resolve();
  const flush = async (): Promise<void> => {
    await writing;
    const [chunks, bytes, to] = [batch, size, position];
    batch = [];
    size = 0;
    if (position !== undefined) position += bytes;
    writing = writeChunks(file, chunks, path, to).then(() => onWritten?.(bytes));
    // The next `await writing` throws the error; until then it must not be an unhandled rejection.
    writing.catch(() => undefined);
  };
  try {
    for await (const chunk of content) {
      batch.push(chunk);
      size += chunk.byteLength;
      if (size >= least) await flush();
    }
  } finally {
    // Content before a failure is written, too: an upload may be resumed from there.
    if (size > 0) await Promise.allSettled([flush()]);
    await Promise.allSettled([writing]);
  }
  await writing;
}

async function writeChunks(
  file: FileHandle,
  chunks: readonly Uint8Array[],
  path: string,
  position: number | undefined,
): Promise<void> {
  if (chunks.length > MAX_CHUNKS) return writeChunk(file, Buffer.concat(chunks), path, position);
  let { bytesWritten: done } = await file.writev(chunks, position).catch((error: unknown) => {
    throw asWriteError(error, path);
  });
  let at = position;
  for (const chunk of chunks) {
    const rest = chunk.subarray(done);
    done -= chunk.byteLength - rest.byteLength;
    if (at !== undefined) at += chunk.byteLength;
    if (rest.byteLength > 0)
      await writeChunk(file, rest, path, at === undefined ? undefined : at - rest.byteLength);
  }
}

/** Writes all of `chunk`, at `position` or at the end: a single `write` may write less. */
export async function writeChunk(
  file: FileHandle,
  chunk: Uint8Array,
  path: string,
  position?: number,
): Promise<void> {
  for (let at = 0; at < chunk.byteLength; ) {
    try {
      const to = position === undefined ? null : position + at;
      at += (await file.write(chunk, at, chunk.byteLength - at, to)).bytesWritten;
    } catch (error) {
      throw asWriteError(error, path);
    }
  }
}

/** Adds the path, which errors of a file handle lack. */
export function asWriteError(error: unknown, path: string): unknown {
  return asSpaceError(error instanceof Error ? Object.assign(error, { path }) : error);
}
