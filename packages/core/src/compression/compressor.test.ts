import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { collect, inChunks } from '../../testing/chunks.js';
import { openCompressor } from './compressor.js';
import { unzstdInWasm } from './zstd/zstd.js';

const TEXT = Buffer.from('a line of text that repeats\n'.repeat(500));

describe('a compressor of gzip', () => {
  it('makes one member of each block, without the operating system and the time', async () => {
    await using compressor = await openCompressor({ kind: 'gzip' });
    const [member, empty] = await Promise.all([
      compressor.block(TEXT),
      compressor.block(new Uint8Array(0)),
    ]);
    expect(gunzipSync(member).equals(TEXT)).toBe(true);
    expect(gunzipSync(empty).byteLength).toBe(0);
    // RFC 1952 § 2.3: MTIME is 0, OS is unknown.
    expect([...member.subarray(4, 8), member[9]]).toEqual([0, 0, 0, 0, 255]);
  });

  it('has level 6 when none is given', async () => {
    const at = async (level?: number) => {
      await using compressor = await openCompressor({ kind: 'gzip', level });
      return Buffer.from(await compressor.block(TEXT)).toString('hex');
    };
    expect(await at()).toBe(await at(6));
    expect(await at()).not.toBe(await at(1));
  });

  it('refuses a level that does not exist', async () => {
    await using compressor = await openCompressor({ kind: 'gzip', level: 10 });
    await expect(compressor.block(TEXT)).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
  });
});

describe('a compressor of zstd', () => {
  it('makes one frame of each block', async () => {
    await using compressor = await openCompressor({ kind: 'zstd' });
    const [frame, other] = await Promise.all([
      compressor.block(Buffer.from(TEXT)),
      compressor.block(Buffer.from('x')),
    ]);
    expect(frame.byteLength).toBeLessThan(TEXT.byteLength / 10);
    const both = Buffer.concat([frame, other]);
    expect(await collect(unzstdInWasm(inChunks(both, 100)))).toBe(`${String(TEXT)}x`);
  });
});
