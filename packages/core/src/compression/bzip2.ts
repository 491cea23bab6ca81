import unbzip2 from 'unbzip2-stream';

/** In so small steps (bytes) a block of zeros, which some dozen bytes may describe, stays bounded. */
const STEP = 4096;

/** Undoes bzip2, stream after stream. */
export async function* unbzip2Bytes(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const ready: Uint8Array[] = [];
  let failure: unknown;
  // An older kind of stream, synchronous: what a write gives is there when it returns.
  const stream = unbzip2();
  stream.on('data', (chunk: Uint8Array) => void ready.push(chunk));
  stream.on('error', (error: unknown) => (failure ??= error));
  const taken = function* (): Iterable<Uint8Array> {
    yield* ready.splice(0);
    if (failure !== undefined) throw failure as Error;
  };
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.byteLength; at += STEP) {
      stream.write(Buffer.from(chunk.subarray(at, at + STEP)));
      yield* taken();
    }
  }
  stream.end();
  yield* taken();
}
