import { detectCompression, MAGIC_BYTES, type Compression } from './detect.js';

type Bytes = AsyncIterable<Uint8Array>;

/** A stream whose first bytes were read. */
export interface PeekedStream {
  readonly compression: Compression;
  /** The whole stream, once. Reading it closes the stream, also if it is read in part. */
  readonly bytes: Bytes;
  /** Closes the stream for a caller that did not begin to read it. */
  readonly close: () => Promise<void>;
}

/** Detects the compression of a stream by its first bytes. @throws errors of `bytes` */
export async function peekCompression(bytes: Bytes): Promise<PeekedStream> {
  const chunks = bytes[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.byteLength < MAGIC_BYTES) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  const close = async (): Promise<void> => {
    await chunks.return?.();
  };
  return { compression: detectCompression(head), bytes: resume(head, chunks), close };
}

async function* resume(head: Uint8Array, chunks: AsyncIterator<Uint8Array>): Bytes {
  try {
    if (head.byteLength > 0) yield head;
    yield* withoutEnd(chunks);
  } finally {
    await chunks.return?.();
  }
}

/** The rest of an iteration, which stays open when the reader stops early. */
export async function* withoutEnd(chunks: AsyncIterator<Uint8Array>): Bytes {
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next())
    yield next.value;
}
