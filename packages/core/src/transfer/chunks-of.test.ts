import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { collect } from '../../testing/chunks.js';
import { chunksOf } from './chunks-of.js';

const MIB = 1024 * 1024;

async function sizesOf(stream: Readable): Promise<number[]> {
  const sizes: number[] = [];
  for await (const chunk of chunksOf(stream)) sizes.push(chunk.byteLength);
  return sizes;
}

describe('the chunks of a stream', () => {
  it('are those that arrived, and not put together', async () => {
    const stream = new PassThrough({ highWaterMark: MIB });
    for (const size of [10, 20, 30]) stream.write(Buffer.alloc(size));
    stream.end();
    expect(await sizesOf(stream)).toEqual([10, 20, 30]);
  });

  it('of an empty stream are none, and of one that has ended, too', async () => {
    const stream = Readable.from([]);
    expect(await sizesOf(stream)).toEqual([]);
    expect(await sizesOf(stream)).toEqual([]);
  });

  it('wait in bounded memory while they are not taken', async () => {
    let made = 0;
    const stream = new Readable({
      highWaterMark: 1,
      read() {
        made += MIB;
        this.push(made > 50 * MIB ? null : Buffer.alloc(MIB));
      },
    });
    let taken = 0;
    for await (const chunk of chunksOf(stream)) {
      taken += chunk.byteLength;
      await new Promise((resolve) => setImmediate(resolve));
      expect(made - taken).toBeLessThanOrEqual(4 * MIB);
    }
    expect(taken).toBe(50 * MIB);
  });

  it('are followed by the error of the stream', async () => {
    const stream = new PassThrough();
    const taken: string[] = [];
    const reading = (async () => {
      for await (const chunk of chunksOf(stream)) taken.push(String(chunk));
    })();
    stream.write('x');
    setImmediate(() => stream.destroy(new Error('broken off')));
    await expect(reading).rejects.toThrow('broken off');
    expect(taken).toEqual(['x']);
    const closed = new PassThrough();
    closed.destroy();
    await expect(collect(chunksOf(closed))).rejects.toMatchObject({
      code: 'ERR_STREAM_PREMATURE_CLOSE',
    });
  });

  it.each([
    [undefined, true],
    [false, false],
  ])(
    'end with the stream when they are not all taken, unless destroyOnReturn is %s',
    async (destroyOnReturn, destroyed) => {
      const stream = new PassThrough();
      stream.write('x');
      for await (const _ of chunksOf(stream, {
        ...(destroyOnReturn === false && { destroyOnReturn }),
      }))
        break;
      expect(stream.destroyed).toBe(destroyed);
      expect(stream.isPaused()).toBe(true);
      expect(stream.listenerCount('data')).toBe(0);
    },
  );
});
