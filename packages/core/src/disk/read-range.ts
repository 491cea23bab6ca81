import type { FileHandle } from 'node:fs/promises';

/** Bytes per read: the block size of compression. */
const READ_BYTES = 1024 * 1024;

/** Streams bytes `start` to `end` (exclusive) of an open file; ends early if the file does. */
export async function* readRange(
  file: FileHandle,
  start: number,
  end: number,
): AsyncIterable<Uint8Array> {
  for (let at = start; at < end; ) {
    const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, end - at));
    const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
