import type { FileHandle } from 'node:fs/promises';

/** Bytes per read: the block size of compression. */
const READ_BYTES = 1024 * 1024;

export interface ReadRangeOptions {
  /** Uses the memory of a chunk again when the second one after it is asked for. */
  readonly lend?: boolean | undefined;
}

/** Streams bytes `start` to `end` (exclusive) of an open file; ends early if the file does. */
export async function* readRange(
  file: FileHandle,
  start: number,
  end: number,
  { lend = false }: ReadRangeOptions = {},
): AsyncIterable<Uint8Array> {
  const lent: Buffer[] = [];
  for (let at = start; at < end; ) {
    const length = Math.min(READ_BYTES, end - at);
    const free = lent.length === 2 ? lent.shift() : undefined;
    const buffer = free ?? Buffer.allocUnsafeSlow(length);
    const { bytesRead } = await file.read(buffer, 0, length, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
    if (lend) lent.push(buffer);
  }
}
