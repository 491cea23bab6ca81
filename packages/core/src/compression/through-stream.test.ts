import { PassThrough, Transform } from 'node:stream';
import { createGunzip, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { collect, inChunks } from '../../testing/chunks.js';
import { throughStream } from './through-stream.js';

/** A source without an end, and whether it was closed. */
function endless() {
  let isClosed = false;
  async function* source() {
    try {
      for (;;) yield Buffer.from('a');
    } finally {
      isClosed = true;
    }
  }
  return { source: source(), isClosed: () => isClosed };
}

describe('bytes through a stream', () => {
  it('are changed by it', async () => {
    const packed = inChunks(gzipSync('hello'), 3);
    expect(await collect(throughStream(packed, createGunzip()))).toBe('hello');
  });

  it('end with an error of the input', async () => {
    async function* failing() {
      yield Buffer.from('a');
      throw new TypeError('mine');
    }
    await expect(collect(throughStream(failing(), new PassThrough()))).rejects.toThrow('mine');
  });

  it('end with an error of the stream, and the input is closed', async () => {
    const { source, isClosed } = endless();
    const refusing = new Transform({
      transform: (_chunk, _encoding, done) => done(new Error('no')),
    });
    await expect(collect(throughStream(source, refusing))).rejects.toThrow('no');
    expect(isClosed()).toBe(true);
  });

  it('that are not read to the end close both sides', async () => {
    const { source, isClosed } = endless();
    const stream = new PassThrough();
    for await (const chunk of throughStream(source, stream)) {
      expect(String(chunk)).toMatch(/^a/);
      break;
    }
    await expect.poll(() => isClosed() && stream.destroyed).toBe(true);
  });

  it('are read as they are wanted, not all at once', async () => {
    let produced = 0;
    async function* endless() {
      for (; ; produced++) yield Buffer.alloc(16 * 1024);
    }
    for await (const chunk of throughStream(endless(), new PassThrough())) {
      expect(chunk.byteLength).toBeGreaterThan(0);
      break;
    }
    expect(produced).toBeLessThan(20);
  });
});
