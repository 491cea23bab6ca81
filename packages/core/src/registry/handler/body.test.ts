import { describe, expect, it } from 'vitest';
import { collect } from '../../../testing/chunks.js';
import { bodyOf } from './body.js';

/** The body of a request whose chunks arrive at the given times (ms), read on that clock. */
function body(...chunks: readonly (readonly [at: number, bytes: number])[]) {
  let clock = 0;
  async function* content() {
    for (const [at, bytes] of chunks) {
      clock = at;
      yield Buffer.alloc(bytes, 'x');
    }
  }
  const read = bodyOf(content(), () => clock);
  return { read, work: (ms: number) => void (clock += ms) };
}

describe('the body of a request', () => {
  it('is read as it arrives', async () => {
    expect(await collect(body([0, 3], [10, 2]).read)).toBe('xxxxx');
  });

  it('that comes too slowly is ended with 408', async () => {
    await expect(
      collect(body([10_000, 100], [20_000, 100], [31_000, 100]).read),
    ).rejects.toMatchObject({
      code: 'BLOB_UPLOAD_INVALID',
      status: 408,
      headers: { connection: 'close' },
    });
  });

  it('is measured anew after each window', async () => {
    const enough = body([31_000, 5000], [62_000, 5000], [93_000, 4096]).read;
    expect(await collect(enough)).toHaveLength(14_096);
    const late = body([31_000, 50_000], [62_000, 10]).read;
    await expect(collect(late)).rejects.toMatchObject({ status: 408 });
  });

  it('may take any time while the registry does not read', async () => {
    const { read, work } = body([0, 10], [0, 10], [0, 10]);
    let size = 0;
    for await (const chunk of read) {
      size += chunk.byteLength;
      work(60_000);
    }
    expect(size).toBe(30);
  });
});
