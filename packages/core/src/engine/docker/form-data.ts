import type { Bytes } from '../../transfer/store.js';

/** A part of a form: a tar. */
export interface TarPart {
  readonly name: string;
  readonly bytes: Bytes;
}

/**
 * A form of tars, each streamed in its turn (RFC 7578).
 *
 * @param boundary a text that is in none of the tars; a random one.
 */
export async function* formData(boundary: string, parts: readonly TarPart[]): Bytes {
  for (const { name, bytes } of parts) {
    const head = [
      `--${boundary}`,
      `Content-Disposition: form-data; name="${name}"; filename="${name}.tar"`,
      'Content-Type: application/x-tar',
    ];
    yield Buffer.from(`${head.join('\r\n')}\r\n\r\n`);
    yield* bytes;
    yield Buffer.from('\r\n');
  }
  yield Buffer.from(`--${boundary}--\r\n`);
}
