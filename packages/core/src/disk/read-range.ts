import type { FileHandle } from 'node:fs/promises';

/** What is read at once, in bytes: as much as is compressed at once. */
const CHUNK = 1024 * 1024;

/** Streams bytes `start` to `end` (exclusive) of an open file; ends early where the file does. */
export async function* readRange(
  file: FileHandle,
  start: number,
  end: number,
): AsyncIterable<Uint8Array> {
  for (let at = start; at < end; ) {
    const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK, end - at));
    const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
