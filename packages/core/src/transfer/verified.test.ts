import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../testing/memory-store.js';
import { describe as descriptorOf } from '../oci/descriptor.js';
import { DEFAULT_LIMITS } from '../oci/limits.js';
import type { Bytes } from './store.js';
import { readAll, readContent, verified } from './verified.js';

async function* chunksOf(bytes: Uint8Array, size: number): Bytes {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

const CONTENT = Buffer.from('some content of a blob');
const BLOB = descriptorOf('application/octet-stream', CONTENT);

describe('verified bytes', () => {
  it('pass through unchanged, in any chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 1 }),
        async (bytes, size) => {
          const descriptor = descriptorOf('x', bytes);
          expect(Buffer.from(await readAll(verified(chunksOf(bytes, size), descriptor)))).toEqual(
            Buffer.from(bytes),
          );
        },
      ),
    );
  });

  it('are CORRUPT when they are cut or changed at any byte, or longer', async () => {
    for (let at = 0; at < CONTENT.byteLength; at++) {
      const flipped = Buffer.from(CONTENT);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      for (const bytes of [CONTENT.subarray(0, at), flipped])
        await expect(readAll(verified(chunksOf(bytes, 5), BLOB))).rejects.toMatchObject({
          code: 'CORRUPT',
        });
    }
    const longer = Buffer.concat([CONTENT, Buffer.from('x')]);
    await expect(readAll(verified(chunksOf(longer, 5), BLOB))).rejects.toMatchObject({
      code: 'CORRUPT',
    });
  });

  it('without end are given up after the size of the descriptor', async () => {
    let read = 0;
    const endless = async function* (): Bytes {
      for (;;) {
        read++;
        yield CONTENT;
      }
    };
    await expect(readAll(verified(endless(), BLOB))).rejects.toThrow(/expected 22 bytes, got more/);
    expect(read).toBe(2);
  });

  it('report their size, and stop when aborted', async () => {
    const stop = new AbortController();
    const counts: number[] = [];
    const onBytes = (count: number) => {
      counts.push(count);
      stop.abort(new Error('enough'));
    };
    const bytes = verified(chunksOf(CONTENT, 5), BLOB, { onBytes, signal: stop.signal });
    await expect(readAll(bytes)).rejects.toThrow('enough');
    expect(counts).toEqual([5]);
  });
});

it('a stream beyond the limit is TOO_LARGE', async () => {
  expect((await readAll(chunksOf(CONTENT, 5), CONTENT.byteLength)).byteLength).toBe(22);
  await expect(readAll(chunksOf(CONTENT, 5), 21)).rejects.toMatchObject({ code: 'TOO_LARGE' });
});

it('a manifest larger than the limit is refused before it is read', async () => {
  const store = new MemoryStore();
  store.read = () => {
    throw new Error('unexpected read');
  };
  const size = DEFAULT_LIMITS.manifestBytes + 1;
  await expect(readContent(store, { ...BLOB, size })).rejects.toMatchObject({ code: 'TOO_LARGE' });
});
