import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inChunks } from '../../testing/chunks.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { withLock } from '../disk/lock.js';
import { writeArchive } from './write-archive.js';

const CONTENT = Buffer.alloc(5000, 'content ');
const content = () => inChunks(CONTENT, 1000);
async function* failing(error: Error) {
  yield CONTENT;
  throw error;
}

async function start() {
  const folder = await temporaryFolder();
  return { folder, path: join(folder, 'x.tar'), names: async () => (await readdir(folder)).sort() };
}

describe('an archive', () => {
  it('is written whole, and nothing else is left', async () => {
    const { path, names } = await start();
    await writeArchive(path, content());
    expect(await readFile(path)).toEqual(CONTENT);
    expect(await names()).toEqual(['x.tar']);
  });

  it('in parts takes the place of the file of its name', async () => {
    const { path, names } = await start();
    await writeFile(path, 'old');
    await writeArchive(path, content(), { partBytes: 2000 });
    expect(await names()).toEqual(['x.tar.001', 'x.tar.002', 'x.tar.003', 'x.tar.sha256']);
  });

  it('that fails leaves the old one, and what the next write may go on from', async () => {
    const { path, names } = await start();
    await writeFile(path, 'old');
    await expect(writeArchive(path, failing(new TypeError('mine')))).rejects.toThrow('mine');
    expect(await readFile(path, 'utf8')).toBe('old');
    expect((await names()).filter((name) => name.endsWith('.lock'))).toEqual([]);
  });

  it('with a long name is written, too', async () => {
    const { folder } = await start();
    const path = join(folder, `${'x'.repeat(240)}.tar`);
    await writeArchive(path, content());
    expect(await readFile(path)).toEqual(CONTENT);
  });
});

it('a second process waits for the first', async () => {
  const { path } = await start();
  let writing: Promise<unknown> | undefined;
  await withLock(`${path}.lock`, async () => {
    writing = writeArchive(path, content());
    await expect(readFile(path)).rejects.toThrow('ENOENT');
  });
  await writing;
  expect(await readFile(path)).toEqual(CONTENT);
});
