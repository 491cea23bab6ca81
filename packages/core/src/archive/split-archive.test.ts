import { execFileSync } from 'node:child_process';
import { readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeWith } from '../../testing/image.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { copy } from '../transfer/copy.js';
import { readAll } from '../transfer/verified.js';
import { verifySource } from '../verify/verify-source.js';
import { ArchiveWriter } from './archive-writer.js';
import { openArchive } from './open-archive.js';
import { findSums, hasSet, openParts, parseSums } from './split-archive.js';
import { writeParts } from './write-parts.js';

/** Writes an archive of about 13 KB in parts of `size` bytes. */
async function writeSet(
  size = 3000,
): Promise<{ folder: string; path: string; content: MemoryStore }> {
  const folder = await temporaryFolder();
  const path = join(folder, 'x.tar');
  const content = await storeWith('app:1', { layers: 3 });
  await using writer = new ArchiveWriter(path, (bytes) => writeParts(path, bytes, size));
  await copy(content, undefined, writer);
  await writer.commit();
  return { folder, path, content };
}

describe('an archive in parts', () => {
  it.each([511, 512, 1000, 3000, 1_000_000])('of %i bytes each is read as one', async (size) => {
    const { path, content } = await writeSet(size);
    for (const name of [path, `${path}.sha256`]) {
      await using source = (await openArchive(name)).source;
      expect(await verifySource(source)).toMatchObject({ images: 1, problems: [] });
      const moved = new MemoryStore();
      expect((await copy(source, undefined, moved)).digest).toBe(
        (await content.resolve()).descriptor.digest,
      );
    }
  });

  it('can be checked with sha256sum and joined with cat', async () => {
    const { folder, path } = await writeSet();
    execFileSync('sha256sum', ['--check', '--quiet', 'x.tar.sha256'], { cwd: folder });
    const parts = (await readdir(folder)).filter((name) => /\.[0-9]{3}$/.test(name)).sort();
    const whole = Buffer.concat(
      await Promise.all(parts.map((name) => readFile(join(folder, name)))),
    );
    await rm(`${path}.sha256`);
    await writeFile(path, whole);
    await using source = (await openArchive(path)).source;
    expect(await verifySource(source)).toMatchObject({ images: 1, problems: [] });
  });

  it('leaves the old parts unchanged when writing fails, and replaces all of them when it succeeds', async () => {
    const { folder, path } = await writeSet();
    const before = (await readdir(folder)).sort();
    async function* failing() {
      yield Buffer.alloc(10_000);
      throw new Error('gone');
    }
    await expect(writeParts(path, failing(), 3000)).rejects.toThrow('gone');
    expect((await readdir(folder)).sort()).toEqual(before);
    await writeParts(
      path,
      (async function* () {
        yield Buffer.alloc(10);
      })(),
      3000,
    );
    expect((await readdir(folder)).sort()).toEqual(['x.tar.001', 'x.tar.sha256']);
  });

  it('reports which part is missing, truncated, or opened alone', async () => {
    const { path } = await writeSet();
    await expect(openArchive(`${path}.002`)).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining('part 2') as string,
      hint: expect.stringContaining('x.tar.sha256') as string,
    });
    await truncate(`${path}.002`, 2999);
    await expect(openArchive(path)).rejects.toMatchObject({
      code: 'CORRUPT',
      message: expect.stringContaining('x.tar.002') as string,
    });
    await rm(`${path}.002`);
    await expect(openArchive(path)).rejects.toMatchObject({
      code: 'INCOMPLETE',
      message: expect.stringContaining('x.tar.002') as string,
    });
  });

  it('reports that the list is missing', async () => {
    const { path } = await writeSet();
    await rm(`${path}.sha256`);
    const error = {
      code: 'INCOMPLETE',
      message: `${path}.sha256: the list of the parts is missing`,
    };
    await expect(openArchive(path)).rejects.toMatchObject(error);
    await expect(openArchive(`${path}.sha256`)).rejects.toMatchObject(error);
    expect(await hasSet(path)).toBe(true);
  });

  it('has at most 999 parts', async () => {
    await expect(writeSet(1)).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('may consist of a single part', async () => {
    const { path } = await writeSet(1_000_000);
    const [only] = parseSums(await readFile(`${path}.sha256`, 'utf8'), `${path}.sha256`);
    expect(basename(only?.path ?? '')).toBe('x.tar.001');
  });
});

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

it.each([
  ['unknown lines', 'hello\n'],
  ['paths outside the folder', `${'0'.repeat(64)}  ../x\n`],
  ['unrelated files', `${'0'.repeat(64)}  a.tar\n${'0'.repeat(64)}  b.tar\n`],
  ['parts with a gap', `${'0'.repeat(64)}  a.tar.001\n${'0'.repeat(64)}  a.tar.003\n`],
])('a list of %s is refused', (_, text) => {
  expect(() => parseSums(text, 'x.sha256')).toThrow(expect.objectContaining({ code: 'INVALID' }));
});
