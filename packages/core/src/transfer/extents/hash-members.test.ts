import { randomFillSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { membersOf } from '../../../testing/members.js';
import { flipped } from '../../../testing/repack.js';
import { compress } from '../../compression/compress.js';
import { digestOf } from '../../oci/digest.js';
import { readAll } from '../verified.js';
import { hashBytes } from './hash-extent.js';

const HASHING = { algorithm: 'sha256', diffAlgorithm: 'sha256' } as const;

async function* inChunks(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

describe.each(['gzip', 'zstd', 'bzip2', 'xz'] as const)('several members of %s', (kind) => {
  it('are one content, however they are cut', async () => {
    const { packed, plain } = await membersOf(kind);
    for (const size of [1, 5, 1000, 1 << 20])
      expect(await hashBytes(inChunks(packed, size), HASHING)).toEqual({
        digest: digestOf(packed),
        size: packed.byteLength,
        compression: kind,
        diffId: digestOf(plain),
      });
  });

  it('are hashed to their end when a byte is damaged', async () => {
    const { packed, plain, starts } = await membersOf(kind);
    // Every byte near the beginning and the end of a member, and some between.
    const edges = [...starts, packed.byteLength].flatMap((start) =>
      Array.from({ length: 40 }, (_, at) => start + at - 20),
    );
    const between = Array.from({ length: 40 }, (_, at) => Math.floor((at * packed.length) / 40));
    let found = 0;
    const offsets = new Set([...edges, ...between].filter((at) => packed[at] !== undefined));
    for (const at of offsets) {
      const damaged = flipped(Buffer.from(packed), at);
      const chunks = inChunks(damaged, 1 + (at % 700));
      const { digest, size, diffId, failure } = await hashBytes(chunks, HASHING);
      expect({ at, digest, size }).toEqual({
        at,
        digest: digestOf(damaged),
        size: packed.byteLength,
      });
      // Fields like the time of a gzip member change nothing of the content.
      if (failure) expect(failure.code, `${at}`).toMatch(/^(?:CORRUPT|TOO_LARGE)$/);
      if (diffId !== digestOf(plain)) found++;
    }
    expect(found).toBeGreaterThan(offsets.size / 2);
  });
});

it.each(['gzip', 'zstd'] as const)(
  'a layer that Stowage packed as %s is hashed to its end, whichever of its members is damaged',
  async (kind) => {
    // Does not compress, so that the input goes on for long after the decoder failed.
    const plain = randomFillSync(Buffer.alloc(3_200_000));
    const packed = await readAll(compress(inChunks(plain, 65_536), { kind, level: 1 }), Infinity);
    const starts = [0, 1, 2, 3].map((at) => Math.floor((at * packed.byteLength) / 3.2));
    for (const at of starts.flatMap((start) => [start, start + 3, start + 100_000])) {
      const damaged = flipped(Buffer.from(packed), at);
      for (const size of [4096, 524_288])
        expect(await hashBytes(inChunks(damaged, size), HASHING)).toMatchObject({
          digest: digestOf(damaged),
          size: packed.byteLength,
        });
    }
  },
);
