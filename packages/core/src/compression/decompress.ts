import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ImageError } from '../errors.js';
import type { Compression } from './detect.js';

/**
 * Undoes a compression while streaming.
 *
 * @throws ImageError UNSUPPORTED (zstd, xz, bzip2), CORRUPT
 */
export async function* decompress(
  bytes: AsyncIterable<Uint8Array>,
  compression: Compression,
): AsyncIterable<Uint8Array> {
  if (compression === 'none') {
    yield* bytes;
    return;
  }
  if (compression !== 'gzip') {
    throw new ImageError(
      'UNSUPPORTED',
      `${compression}: expected a plain or gzip-compressed archive`,
      {
        hint: `Decompress it first: ${compression} -d.`,
      },
    );
  }
  // The callback is there because errors reach us through the iteration.
  const plain = pipeline(
    Readable.from(bytes, { objectMode: false }),
    createGunzip(),
    () => undefined,
  );
  try {
    for await (const chunk of plain) yield chunk as Uint8Array;
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    throw new ImageError(
      'CORRUPT',
      'gzip: expected a whole stream, got a damaged or truncated one',
      { cause },
    );
  }
}
