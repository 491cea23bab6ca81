import { describe, expect, it } from 'vitest';
import { compress } from './compress.js';
import { decompress } from './decompress.js';
import type { Compression } from './detect.js';
import { unzstdInWasm } from './zstd.js';

/** `head -c 45899235 /dev/zero | bzip2`: one block, the most that one unpacks to. */
const BZIP2 = 'QlpoOTFBWSZTWQ4J4t8BX45AAMAAAAggADCATUZCoCWpCoCXF3JFOFCQDgni3w==';
const BZIP2_BYTES = 45_899_235;

async function* inChunks(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

async function collected(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function binary(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
}

/** How much there is, the largest chunk, and how often a timer could run in between. */
async function measured(bytes: AsyncIterable<Uint8Array>) {
  let [size, largest, turns] = [0, 0, 0];
  const timer = setInterval(() => turns++, 0);
  try {
    for await (const { byteLength } of bytes) {
      size += byteLength;
      largest = Math.max(largest, byteLength);
    }
    return { size, largest, turns };
  } finally {
    clearInterval(timer);
  }
}

describe('a bomb', () => {
  // One letter, by programs that were told to use a window of gigabytes.
  it.each<[Compression, string]>([
    [
      'zstd',
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x09, 0, 0, 0x61]).toString('base64'),
    ],
    ['xz', '/Td6WFoAAATm1rRGAgAhASUAAAA7eHtBAQAAYQAAAAAFK2Uud4QCMwABGQGlLIHMH7bzfQEAAAAABFla'],
  ])('of memory is refused: %s', async (kind, bytes) => {
    const packed = inChunks(Buffer.from(bytes, 'base64'), 1000);
    await expect(collected(decompress(packed, kind))).rejects.toMatchObject({
      code: 'TOO_LARGE',
      hint: expect.stringContaining(kind) as string,
    });
  });

  it('of bytes is refused at the limit, and not before', async () => {
    const packed = () => compress(inChunks(Buffer.alloc(1_000_000), 100_000), { kind: 'gzip' });
    expect(await collected(decompress(packed(), 'gzip', 1_000_000))).toHaveLength(1_000_000);
    await expect(collected(decompress(packed(), 'gzip', 999_999))).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
  });

  it('of bzip2 comes in small chunks, and stops at the limit', async () => {
    const block = Buffer.from(BZIP2, 'base64');
    const { size, largest, turns } = await measured(decompress(inChunks(block, 1000), 'bzip2'));
    expect(size).toBe(BZIP2_BYTES);
    expect(largest).toBeLessThanOrEqual(64 * 1024);
    expect(turns).toBeGreaterThan(1);

    // What comes after the limit is not even read.
    let read = 0;
    async function* endless(): AsyncIterable<Uint8Array> {
      for (; ; read++) yield block;
    }
    await expect(collected(decompress(endless(), 'bzip2', BZIP2_BYTES / 4))).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
    expect(read).toBeLessThan(5);
  });

  it('of bzip2 that never ends a block is refused', async () => {
    const bits = [
      ...['BZh9', '1AY&SY', '----'].map((text) => binary(Buffer.from(text))),
      // No randomising, starts at 0; one byte occurs; two tables, one selector; codes of 5 bits.
      ...['0', '0'.repeat(24), '1'.padEnd(16, '0').repeat(2), '010', '1'.padStart(15, '0'), '0'],
      '00101',
    ].join('');
    // Then a code length that goes up and down for ever.
    const all = bits + '1011'.repeat(32);
    const byte = (at: number) => parseInt(all.slice(at * 8, at * 8 + 8), 2);
    const head = Math.ceil(bits.length / 8);
    let read = 0;
    async function* endless(): AsyncIterable<Uint8Array> {
      yield Buffer.from(Array.from({ length: head }, (_, at) => byte(at)));
      for (; ; read++) yield Buffer.alloc(64 * 1024, byte(head));
    }
    await expect(collected(decompress(endless(), 'bzip2'))).rejects.toMatchObject({
      code: 'CORRUPT',
      cause: { message: 'bzip2: expected a smaller block' },
    });
    expect(read).toBeLessThan(200);
  });

  it('of zstd comes in small chunks where it is unpacked in WebAssembly', async () => {
    // Blocks of 128 KiB that are one byte each time, by four bytes.
    const frame = Buffer.concat([
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x58]),
      ...Array.from({ length: 500 }, (_, at) => Buffer.from([at === 499 ? 3 : 2, 0, 0x10, 97])),
    ]);
    const { size, largest } = await measured(unzstdInWasm(inChunks(frame, 1 << 20)));
    expect(size).toBe(500 * 128 * 1024);
    expect(largest).toBeLessThanOrEqual(128 * 1024);
  });

  it('of zstd whose block is larger than its frame allows is refused', async () => {
    const large = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x58, 0xfb, 0xff, 0xff, 97]);
    await expect(collected(unzstdInWasm(inChunks(large, 100)))).rejects.toThrow('zstd');
  });
});
