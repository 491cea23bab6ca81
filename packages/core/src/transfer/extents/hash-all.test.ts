import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { digestOf } from '../../oci/digest.js';
import { hashAll } from './hash-all.js';

const BYTES = Buffer.from('abcdef');

async function jobs() {
  const file = join(await temporaryFolder(), 'x');
  await writeFile(file, BYTES);
  return [4, 0, 2].map((offset) => ({
    member: `${offset}`,
    offset,
    size: 2,
    pieces: [{ file, offset, size: 2 }],
    algorithm: 'sha256' as const,
  }));
}

describe('hashing several extents', () => {
  it('is ordered by their offset, each with its result', async () => {
    const found: [string, string][] = [];
    await hashAll(await jobs(), ({ member }, { digest }) => found.push([member, digest]));
    expect(found).toEqual([0, 2, 4].map((at) => [`${at}`, digestOf(BYTES.subarray(at, at + 2))]));
  });

  it('stops when its signal is aborted, and with an error of its caller', async () => {
    const controller = new AbortController();
    const seen: string[] = [];
    const onHashed = ({ member }: { member: string }) => {
      seen.push(member);
      controller.abort(new TypeError('stopped'));
    };
    const { signal } = controller;
    await expect(hashAll(await jobs(), onHashed, { signal })).rejects.toThrow('stopped');
    expect(seen).toEqual(['0']);
    const failing = () => {
      throw new TypeError('mine');
    };
    await expect(hashAll(await jobs(), failing)).rejects.toThrow('mine');
  });

  it('of nothing is nothing', async () => {
    await hashAll([], () => expect.unreachable());
  });
});
