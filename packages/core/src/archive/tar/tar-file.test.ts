import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { Parts } from '../../disk/parts.js';
import { DEFAULT_LIMITS } from '../../oci/limits.js';
import { readAll } from '../../transfer/verified.js';
import { packTar, type TarMember } from './pack-tar.js';
import { TarFile } from './tar-file.js';

const file = (name: string, text: string): TarMember => ({
  name,
  size: Buffer.byteLength(text),
  open: () => [Buffer.from(text)],
});
const link = (name: string, linkname: string): TarMember => ({
  ...file(name, ''),
  type: 'symlink',
  linkname,
});

/** A tar on disk, in files of `size` bytes. */
async function openedTar(members: readonly TarMember[], size = Infinity) {
  const folder = await temporaryFolder();
  const bytes = await readAll(packTar(members), Infinity);
  const paths: string[] = [];
  for (let at = 0; at < bytes.byteLength; at += size) {
    const path = join(folder, `${paths.length}`);
    await writeFile(path, bytes.subarray(at, at + size));
    paths.push(path);
  }
  return TarFile.open(await Parts.open(paths));
}

const textOf = async (tar: TarFile, path: string, range = {}) =>
  Buffer.from(await readAll(tar.read(path, range))).toString();

describe('a tar on disk', () => {
  it('is read in place, whole members and parts of them', async () => {
    await using tar = await openedTar([file('a', 'hello'), file('d/b', '')]);
    expect(await textOf(tar, 'a')).toBe('hello');
    expect(await textOf(tar, 'a', { start: 1, end: 3 })).toBe('el');
    expect(await textOf(tar, 'a', { start: 3, end: 100 })).toBe('lo');
    expect(await textOf(tar, 'a', { start: 5 })).toBe('');
    expect([await tar.size('a'), await tar.size('d/b'), await tar.size('d')]).toEqual([
      5,
      0,
      undefined,
    ]);
  });

  it('may be in parts that cut through members', async () => {
    await using tar = await openedTar([file('a', 'x'.repeat(700)), file('b', 'y')], 600);
    expect(await textOf(tar, 'a')).toBe('x'.repeat(700));
    const extent = await tar.locate('a');
    expect(extent?.pieces.map(({ size }) => size)).toEqual([88, 600, 12]);
  });

  it('has no member of another name', async () => {
    await using tar = await openedTar([file('a', 'hello')]);
    expect(await tar.locate('b')).toBeUndefined();
    await expect(textOf(tar, 'b')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('follows links, and lists each with the place of its file', async () => {
    await using tar = await openedTar([
      file('a', 'hello'),
      link('b', 'a'),
      link('d/c', '../b'),
      link('gone', 'missing'),
    ]);
    expect(await textOf(tar, 'd/c')).toBe('hello');
    const listed = (await tar.list()).map(({ member, offset, size }) => [member, offset, size]);
    expect(listed).toEqual([
      ['a', 512, 5],
      ['b', 512, 5],
      ['d/c', 512, 5],
    ]);
  });

  it('refuses a cycle of links', async () => {
    await using tar = await openedTar([link('a', 'b'), link('b', 'a')]);
    await expect(tar.size('a')).rejects.toMatchObject({ code: 'INVALID' });
    await expect(textOf(tar, 'b')).rejects.toThrow('a circle of links');
  });

  it('follows at most 16 links', async () => {
    const chain = (length: number) =>
      Array.from({ length }, (_, at) => link(`${at}`, at === 0 ? 'a' : `${at - 1}`));
    await using tar = await openedTar([file('a', 'x'), ...chain(17)]);
    expect(await tar.size('15')).toBe(1);
    await expect(tar.size('16')).rejects.toMatchObject({ code: 'INVALID' });
  });

  it('is not read further when it is aborted', async () => {
    await using tar = await openedTar([file('a', 'hello')]);
    const signal = AbortSignal.abort(new TypeError('stopped'));
    await expect(textOf(tar, 'a', { signal })).rejects.toThrow('stopped');
  });

  it('above a limit is refused when it is opened', async () => {
    const path = join(await temporaryFolder(), 'x.tar');
    const members = [file('a', ''), file('b', '')];
    await writeFile(path, await readAll(packTar(members), Infinity));
    await using parts = await Parts.open([path]);
    await expect(TarFile.open(parts, { ...DEFAULT_LIMITS, members: 1 })).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
  });
});
