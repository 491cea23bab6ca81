import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { oneChunk } from '../transfer/copy.js';
import { readAll } from '../transfer/verified.js';
import { findSums, openParts } from './split-archive.js';
import { writeParts } from './write-parts.js';

/** Writes `bytes` times one byte in parts of 10 bytes. */
async function writeBytes(path: string, byte: number, bytes: number): Promise<void> {
  const content = (async function* () {
    yield Buffer.alloc(bytes, byte);
  })();
  await writeParts(path, content, 10);
}

async function contentOf(path: string): Promise<string> {
  const { files } = await openParts((await findSums(path)) ?? '');
  await using set = files;
  return Buffer.from(await readAll(set.range())).toString();
}

describe('the replacement of a set of parts', () => {
  const [OLD, NEW] = ['a'.repeat(40), 'b'.repeat(25)];

  /** A complete old set of four parts, and beside it a new one of three, committed and not renamed yet. */
  async function committed() {
    const folder = await temporaryFolder();
    const path = join(folder, 'x.tar');
    await writeBytes(path, 0x62, 25);
    const next = await readdir(folder);
    for (const name of next) await rename(join(folder, name), join(folder, `${name}.new`));
    await writeBytes(join(folder, 'old'), 0x61, 40);
    for (const name of await readdir(folder)) {
      if (!name.startsWith('old')) continue;
      const text = (await readFile(join(folder, name), 'utf8')).replaceAll('old.', 'x.tar.');
      await writeFile(join(folder, name.replace('old', 'x.tar')), text);
      await rm(join(folder, name));
    }
    return { folder, path };
  }

  it.each([0, 1, 2, 3, 4])(
    'that stopped after %i renames is read as the new set',
    async (count) => {
      const { folder, path } = await committed();
      for (const number of [1, 2, 3].slice(0, count))
        await rename(`${path}.00${number}.new`, `${path}.00${number}`);
      if (count === 4) await rm(`${path}.004`);
      for (const name of [path, `${path}.sha256`, `${path}.sha256.new`])
        expect(await contentOf(name)).toBe(NEW);
      await writeBytes(path, 0x63, 10);
      expect(await contentOf(path)).toBe('c'.repeat(10));
      expect((await readdir(folder)).sort()).toEqual(['x.tar.001', 'x.tar.sha256']);
    },
  );

  it('that stopped before its commit is read as the old set, and the next call removes it', async () => {
    const { folder, path } = await committed();
    await rename(`${path}.sha256.new`, `${path}.sha256.partial`);
    expect(await contentOf(path)).toBe(OLD);
    await writeBytes(path, 0x63, 10);
    expect((await readdir(folder)).sort()).toEqual(['x.tar.001', 'x.tar.sha256']);
  });

  it('that runs while the set is read gives the old set or the new one', async () => {
    const path = join(await temporaryFolder(), 'x.tar');
    await writeBytes(path, 0x61, 40);
    let isWriting = true;
    const writing = (async () => {
      for (let round = 0; round < 20; round++)
        await writeBytes(path, round % 2 === 0 ? 0x62 : 0x61, round % 2 === 0 ? 25 : 40);
      isWriting = false;
    })();
    const seen = new Set<string>();
    while (isWriting) seen.add(await contentOf(path));
    await writing;
    expect([...seen].filter((each) => each !== OLD && each !== NEW)).toEqual([]);
  });
});

describe('a set of parts', () => {
  const newPath = async () => join(await temporaryFolder(), 'x.tar');

  it.each([
    [0, []],
    [1, [1]],
    [10, [10]],
    [11, [10, 1]],
    [30, [10, 10, 10]],
  ])('of %i bytes has parts of %j', async (bytes, sizes) => {
    const path = await newPath();
    await writeBytes(path, 0x61, bytes);
    const names = sizes.map((_, at) => `x.tar.00${at + 1}`);
    expect((await readdir(join(path, '..'))).sort()).toEqual([...names, 'x.tar.sha256']);
    for (const [at, size] of sizes.entries())
      expect(await readFile(`${path}.00${at + 1}`, 'utf8')).toBe('a'.repeat(size));
    expect((await readFile(`${path}.sha256`, 'utf8')).trim().split('\n')).toHaveLength(
      Math.max(sizes.length, 1),
    );
  });

  it('has the same parts whatever the chunks', async () => {
    const path = await newPath();
    const content = async function* () {
      for (const size of [3, 0, 19, 1, 2]) yield Buffer.alloc(size, 'a');
    };
    await writeParts(path, content(), 10);
    expect(await contentOf(path)).toBe('a'.repeat(25));
    expect(await readFile(`${path}.003`, 'utf8')).toBe('a'.repeat(5));
  });

  it('has at most 999 parts, and nothing is left of one that would have more', async () => {
    const path = await newPath();
    await writeBytes(path, 0x61, 20);
    const before = (await readdir(join(path, '..'))).sort();
    let isClosed = false;
    const content = async function* () {
      try {
        for (;;) yield Buffer.alloc(10);
      } finally {
        isClosed = true;
      }
    };
    await expect(writeParts(path, content(), 1)).rejects.toMatchObject({ code: 'USAGE' });
    expect(isClosed).toBe(true);
    expect((await readdir(join(path, '..'))).sort()).toEqual(before);
    expect(await contentOf(path)).toBe('a'.repeat(20));
  });

  it('leaves the old parts unchanged when writing fails, and replaces all of them when it succeeds', async () => {
    const path = await newPath();
    await writeBytes(path, 0x61, 40);
    const folder = join(path, '..');
    const before = (await readdir(folder)).sort();
    async function* failing() {
      yield Buffer.alloc(25);
      throw new Error('gone');
    }
    await expect(writeParts(path, failing(), 10)).rejects.toThrow('gone');
    expect((await readdir(folder)).sort()).toEqual(before);
    await writeParts(
      path,
      (async function* () {
        yield Buffer.alloc(10);
      })(),
      10,
    );
    expect((await readdir(folder)).sort()).toEqual(['x.tar.001', 'x.tar.sha256']);
  });

  it('leaves files of similar names alone', async () => {
    const path = await newPath();
    const others = ['x.tar.0001.new', 'x.tar.001.newer', 'xx.tar.001.new', 'x.tar', 'x.tar.sha1'];
    for (const name of others) await writeFile(join(path, '..', name), name);
    await writeBytes(path, 0x61, 5);
    const left = await readdir(join(path, '..'));
    expect(left).toEqual(expect.arrayContaining(others));
  });

  it('is written where a set was left without its last parts', async () => {
    const path = await newPath();
    await writeBytes(path, 0x61, 40);
    await rm(`${path}.003`);
    await writeBytes(path, 0x62, 40);
    expect(await contentOf(path)).toBe('b'.repeat(40));
  });

  it('is not written over something that is no list', async () => {
    const path = await newPath();
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(`${path}.sha256.new`, 'not a list\n');
    await expect(writeParts(path, oneChunk(Buffer.from('a')), 10)).rejects.toMatchObject({
      code: 'INVALID',
    });
  });
});
