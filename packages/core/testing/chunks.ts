/** A stream of the given bytes, in chunks of one size. */
export async function* inChunks(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

/** Copies of lent chunks, each made as late as their reader may use it: when the next one has come. */
export async function* usedLate(lent: AsyncIterable<Uint8Array>): AsyncIterable<Buffer> {
  let last: Uint8Array | undefined;
  for await (const chunk of lent) {
    if (last) yield Buffer.from(last);
    last = chunk;
  }
  if (last) yield Buffer.from(last);
}

/** A stream of the given bytes in chunks of one size, whose memory is used again as soon as they may be lent. */
export async function* lentChunks(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  const buffers = [Buffer.alloc(size), Buffer.alloc(size)];
  for (let at = 0; at < bytes.byteLength; at += size) {
    const [buffer = Buffer.alloc(size)] = buffers;
    buffers.reverse();
    yield buffer.subarray(0, Buffer.from(bytes).copy(buffer, 0, at, at + size));
  }
}

/** A whole stream as text. */
export async function collect(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Bytes of binary digits, the highest bit first; the last byte is filled with zeros. */
export function bytesOfBits(...bits: readonly string[]): Buffer {
  const all = bits.join('').replaceAll(' ', '');
  const count = Math.ceil(all.length / 8);
  return Buffer.from(
    Array.from({ length: count }, (_, at) =>
      parseInt(all.slice(at * 8, at * 8 + 8).padEnd(8, '0'), 2),
    ),
  );
}
