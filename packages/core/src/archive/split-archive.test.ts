import { execFileSync } from 'node:child_process';
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeWith } from '../../testing/image.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { copy } from '../transfer/copy.js';
import { verifySource } from '../verify/verify-source.js';
import { ArchiveWriter } from './archive-writer.js';
import { openArchive } from './open-archive.js';
import { hasSet, parseSums } from './split-archive.js';
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

  it('may consist of a single part', async () => {
    const { path } = await writeSet(1_000_000);
    const [only] = parseSums(await readFile(`${path}.sha256`, 'utf8'), `${path}.sha256`);
    expect(basename(only?.path ?? '')).toBe('x.tar.001');
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
