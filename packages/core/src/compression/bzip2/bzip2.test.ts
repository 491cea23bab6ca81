import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collect, inChunks } from '../../../testing/chunks.js';
import { unbzip2 } from './bzip2.js';

const GOLDEN = join(import.meta.dirname, '../../../testing/golden/compression');
/** `bzip2 </dev/null`: a header, and the end of the stream. */
const EMPTY = Buffer.from([0x42, 0x5a, 0x68, 0x39, 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, 0, 0, 0, 0]);

const read = (bytes: Uint8Array, size = 1000) => collect(unbzip2(inChunks(bytes, size)));

describe('bzip2', () => {
  it('of nothing is nothing, once or several times in a row', async () => {
    expect(await read(EMPTY)).toBe('');
    expect(await read(Buffer.concat([EMPTY, EMPTY]), 1)).toBe('');
    expect(await read(Buffer.alloc(0))).toBe('');
  });

  it('may have an empty stream before and after others', async () => {
    const golden = await readFile(join(GOLDEN, 'text.bz2'));
    const text = await readFile(join(GOLDEN, 'text'), 'utf8');
    expect(await read(Buffer.concat([EMPTY, golden, EMPTY]))).toBe(text);
  });

  it.each([
    ['no level', 'BZh0'],
    ['letters', 'BZha'],
    ['version 0', 'BZ09'],
    ['something else', 'hello'],
  ])('beginning with %s is refused', async (_what, text) => {
    await expect(read(Buffer.from(text))).rejects.toThrow('expected the beginning of a stream');
  });

  it('followed by something else is refused', async () => {
    await expect(read(Buffer.concat([EMPTY, Buffer.from('more')]))).rejects.toThrow(
      'expected the beginning of a stream',
    );
    const part = Buffer.concat([EMPTY.subarray(0, 4), Buffer.from('neither')]);
    await expect(read(part)).rejects.toThrow('expected a block or the end of the stream');
  });

  it('that is cut at any byte is refused', async () => {
    for (let length = 1; length < EMPTY.byteLength; length++)
      await expect(read(EMPTY.subarray(0, length)), `${length}`).rejects.toThrow('got the end');
  });

  it('with another checksum, of the stream or of a block, is refused', async () => {
    const stream = Buffer.from(EMPTY);
    stream[12] = 1;
    await expect(read(stream)).rejects.toThrow('the checksum of the stream');
    const golden = await readFile(join(GOLDEN, 'text.bz2'));
    // After the header (4 bytes) and the mark of the block (6).
    golden[10] = (golden[10] ?? 0) ^ 1;
    await expect(read(golden)).rejects.toThrow('the checksum of the block');
  });

  it('with a flipped bit is refused, wherever it is', async () => {
    const golden = await readFile(join(GOLDEN, 'text.bz2'));
    for (let at = 14; at < golden.byteLength - 1; at += 397) {
      const damaged = Buffer.from(golden);
      damaged[at] = (damaged[at] ?? 0) ^ 8;
      await expect(read(damaged), `${at}`).rejects.toThrow('bzip2: ');
    }
  });

  it('passes on errors of its input', async () => {
    async function* failing() {
      yield EMPTY.subarray(0, 6);
      throw new TypeError('mine');
    }
    await expect(collect(unbzip2(failing()))).rejects.toThrow('mine');
  });
});
