/** A stream of the given bytes, in chunks of one size. */
export async function* inChunks(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
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
