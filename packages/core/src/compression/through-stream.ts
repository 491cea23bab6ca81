import { pipeline, Readable, type Duplex } from 'node:stream';

/** Sends bytes through a stream of Node.js, chunk by chunk; errors of either side reach whoever iterates. */
export async function* throughStream(
  bytes: AsyncIterable<Uint8Array>,
  stream: Duplex,
): AsyncIterable<Uint8Array> {
  // The callback is there because errors reach us through the iteration.
  const out = pipeline(Readable.from(bytes, { highWaterMark: 1 }), stream, () => undefined);
  for await (const chunk of out) yield chunk as Uint8Array;
}
