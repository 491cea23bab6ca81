import { describe, expect, it } from 'vitest';
import { collect, inChunks } from '../../testing/chunks.js';
import { compress } from './compress.js';
import { decompress } from './decompress.js';
import type { Compression } from './detect.js';
import { unzstdInWasm } from './zstd/zstd.js';

/** `head -c 45899235 /dev/zero | bzip2`: one block with the largest possible output. */
const BZIP2 = 'QlpoOTFBWSZTWQ4J4t8BX45AAMAAAAggADCATUZCoCWpCoCXF3JFOFCQDgni3w==';
const BZIP2_BYTES = 45_899_235;

function binary(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
}

/** Total size, largest chunk, and how often a timer ran in between. */
async function measure(bytes: AsyncIterable<Uint8Array>) {
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

describe('a decompression bomb', () => {
  // One letter, compressed with a window of gigabytes.
  it.each<[Compression, string]>([
    [
      'zstd',
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x09, 0, 0, 0x61]).toString('base64'),
    ],
    ['xz', '/Td6WFoAAATm1rRGAgAhASUAAAA7eHtBAQAAYQAAAAAFK2Uud4QCMwABGQGlLIHMH7bzfQEAAAAABFla'],
  ])('that needs too much memory is refused: %s', async (kind, bytes) => {
    const packed = inChunks(Buffer.from(bytes, 'base64'), 1000);
    await expect(collect(decompress(packed, kind))).rejects.toMatchObject({
      code: 'TOO_LARGE',
      hint: expect.stringContaining(kind) as string,
    });
  });

  it('is refused above the limit, and not before', async () => {
    const packed = () => compress(inChunks(Buffer.alloc(1_000_000), 100_000), { kind: 'gzip' });
    expect(await collect(decompress(packed(), 'gzip', 1_000_000))).toHaveLength(1_000_000);
    await expect(collect(decompress(packed(), 'gzip', 999_999))).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
  });

  it('in bzip2 is decompressed in small chunks, and stops at the limit', async () => {
    const block = Buffer.from(BZIP2, 'base64');
    const { size, largest, turns } = await measure(decompress(inChunks(block, 1000), 'bzip2'));
    expect(size).toBe(BZIP2_BYTES);
    expect(largest).toBeLessThanOrEqual(64 * 1024);
    expect(turns).toBeGreaterThan(1);

    // Input after the limit is not read.
    let read = 0;
    async function* endless(): AsyncIterable<Uint8Array> {
      for (; ; read++) yield block;
    }
    await expect(collect(decompress(endless(), 'bzip2', BZIP2_BYTES / 4))).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
    expect(read).toBeLessThan(5);
  });

  it('in bzip2 with an endless block is refused', async () => {
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
    await expect(collect(decompress(endless(), 'bzip2'))).rejects.toMatchObject({
      code: 'CORRUPT',
      cause: { message: 'bzip2: expected a smaller block' },
    });
    expect(read).toBeLessThan(200);
  });

  it('in zstd is decompressed in small chunks by WebAssembly', async () => {
    // Run-length blocks: four bytes become 128 KiB.
    const frame = Buffer.concat([
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x58]),
      ...Array.from({ length: 500 }, (_, at) => Buffer.from([at === 499 ? 3 : 2, 0, 0x10, 97])),
    ]);
    const { size, largest } = await measure(unzstdInWasm(inChunks(frame, 1 << 20)));
    expect(size).toBe(500 * 128 * 1024);
    expect(largest).toBeLessThanOrEqual(128 * 1024);
  });

  it('in zstd with a block larger than its frame allows is refused', async () => {
    const large = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x58, 0xfb, 0xff, 0xff, 97]);
    await expect(collect(unzstdInWasm(inChunks(large, 100)))).rejects.toThrow('zstd');
  });
});
