import { detectCompression, MAGIC_BYTES, type Compression } from './detect.js';

type Bytes = AsyncIterable<Uint8Array>;

/** Detects the compression of a stream from its first bytes, however it is cut into chunks. `all` is the whole stream. */
export async function peekCompression(
  bytes: Bytes,
): Promise<{ readonly compression: Compression; readonly all: AsyncGenerator<Uint8Array> }> {
  const chunks = bytes[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array();
  while (head.byteLength < MAGIC_BYTES) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = head.byteLength === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  return { compression: detectCompression(head), all: wholeOf(head, chunks) };
}

async function* wholeOf(
  head: Uint8Array,
  chunks: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    if (head.byteLength > 0) yield head;
    yield* withoutEnd(chunks);
  } finally {
    await chunks.return?.();
  }
}

/** The rest of an iteration, which stays open when the reader stops early. */
export async function* withoutEnd(chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next())
    yield next.value;
}
