import { pipeline, Readable, type Duplex } from 'node:stream';

/** Sends bytes through a stream of Node.js, chunk by chunk; the iteration throws errors of either side. */
export async function* throughStream(
  bytes: AsyncIterable<Uint8Array>,
  stream: Duplex,
): AsyncIterable<Uint8Array> {
  // The required callback does nothing: the iteration throws the errors.
  const out = pipeline(Readable.from(bytes, { highWaterMark: 1 }), stream, () => undefined);
  for await (const chunk of out) yield chunk as Uint8Array;
}
