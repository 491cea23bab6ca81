import { readdir, readFile, rename, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { listContext } from '../context/context.js';
import type { ContextFile } from './context-file.js';
import { FileHashes } from './file-hashes.js';

const SUM = 'ab'.repeat(32);
const OTHER = 'cd'.repeat(32);
/** So many files that their hashes are kept. */
const COUNT = 300;

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  path = join(await temporaryFolder(), 'hashes/x.bin');
});

const open = (context = folder) => FileHashes.open({ path, context });

/** Files as they are listed, all last changed long ago. */
async function files(): Promise<ContextFile[]> {
  await Promise.all(
    Array.from({ length: COUNT }, (_, at) => writeFile(join(folder, `f${at}`), `${at}`)),
  );
  return (await listContext(folder)).map((file) => ({ ...file, ctimeMs: 5, mtimeMs: 4 }));
}

async function keep(all: readonly ContextFile[], sum = SUM): Promise<void> {
  const hashes = await open();
  for (const file of all) hashes.add(file, sum);
  await hashes.keep();
}

describe('kept hashes', () => {
  it('are found for files that have not changed', async () => {
    const all = await files();
    await keep(all);
    const hashes = await open();
    expect(all.map((file) => hashes.find(file))).toEqual(all.map(() => SUM));
  });

  it.each<[string, Partial<ContextFile>]>([
    ['size', { size: 99 }],
    ['inode', { ino: 1 }],
    ['time of its content', { mtimeMs: 4.25 }],
    ['time of its inode', { ctimeMs: 5.25 }],
    ['path', { absolute: '/elsewhere/f' }],
  ])('are not found for a file with another %s', async (_, change) => {
    const all = await files();
    await keep(all);
    const hashes = await open();
    const [first, second] = all;
    if (!first || !second) throw new Error('files were listed');
    expect(hashes.find({ ...first, ...change })).toBeUndefined();
    expect(hashes.find(second)).toBe(SUM);
  });

  it('are found after the workspace was moved', async () => {
    const all = await files();
    await keep(all);
    const moved = `${folder}-moved`;
    const [first] = all.map(({ absolute, ...file }) => ({
      ...file,
      absolute: moved + absolute.slice(folder.length),
    }));
    if (!first) throw new Error('files were listed');
    expect((await open(moved)).find(first)).toBe(SUM);
  });

  it('stay with those that are added, and go with files that are not listed any more', async () => {
    const all = await files();
    await keep(all.slice(1));
    const hashes = await open();
    for (const file of all.slice(0, -1))
      if (hashes.find(file) === undefined) hashes.add(file, OTHER);
    const [more] = all;
    if (!more) throw new Error('files were listed');
    hashes.add({ ...more, size: 1e9, absolute: `${folder}/large` }, OTHER);
    await hashes.keep();
    const again = await open();
    expect([all[0], all[1], all.at(-1)].map((file) => file && again.find(file))).toEqual([
      OTHER,
      SUM,
      undefined,
    ]);
  });

  it('are not written for few files', async () => {
    await keep((await files()).slice(0, 10));
    await expect(readFile(path)).rejects.toThrow('ENOENT');
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['cut', (bytes) => bytes.subarray(0, -1)],
    ['empty', () => Buffer.of()],
    ['of another kind', () => Buffer.from('{"version":1}\n{}')],
    ['with a flipped bit', (bytes) => bytes.fill(bytes.readUInt8(500) ^ 1, 500, 501)],
  ])('in a file that is %s count as none, and are made anew', async (_, damage) => {
    const all = await files();
    await keep(all);
    await writeFile(path, damage(await readFile(path)));
    const hashes = await open();
    const [first] = all;
    if (!first) throw new Error('files were listed');
    expect(hashes.find(first)).toBeUndefined();
    await keep(all);
    expect((await open()).find(first)).toBe(SUM);
  });

  it('in a link are not read, and the link is not written through', async () => {
    const all = await files();
    await keep(all);
    const elsewhere = join(folder, 'elsewhere');
    await rename(path, elsewhere);
    await symlink(elsewhere, path);
    const before = await readFile(elsewhere);
    const [first] = all;
    if (!first) throw new Error('files were listed');
    expect((await open()).find(first)).toBeUndefined();
    await keep(all, OTHER);
    expect(await readFile(elsewhere)).toEqual(before);
  });

  it('of two processes are those of the last one', async () => {
    const all = await files();
    const [one, other] = [await open(), await open()];
    for (const file of all) {
      one.add(file, SUM);
      other.add(file, OTHER);
    }
    await Promise.all([one.keep(), other.keep()]);
    const [first] = all;
    if (!first) throw new Error('files were listed');
    expect([SUM, OTHER]).toContain((await open()).find(first));
    expect(await readdir(join(path, '..'))).toEqual(['x.bin']);
  });

  it('that cannot be written are no error', async () => {
    await writeFile(join(path, '../..', 'hashes'), '');
    await keep(await files());
  });
});

describe('a file that changed shortly before it was hashed', () => {
  it('is hashed again: a later change may have the same size and times', async () => {
    await files();
    const now = Date.now();
    const shortly = (await listContext(folder)).map((file) => ({
      ...file,
      ctimeMs: now,
      mtimeMs: 4,
    }));
    await keep(shortly);
    const hashes = await open();
    expect(shortly.some((file) => hashes.find(file) !== undefined)).toBe(false);
  });

  it('is known once it has not changed for two seconds', async () => {
    await files();
    const all = await listContext(folder);
    vi.useFakeTimers({ now: Date.now() + 2100, toFake: ['Date'] });
    try {
      await keep(all);
    } finally {
      vi.useRealTimers();
    }
    const hashes = await open();
    expect(all.every((file) => hashes.find(file) === SUM)).toBe(true);
  });

  it('is seen by the change of its inode if its time was set back', async () => {
    const [file] = await files();
    if (!file) throw new Error('files were listed');
    const [before] = await listContext(folder);
    await writeFile(file.absolute, 'x');
    await utimes(file.absolute, (before?.mtimeMs ?? 0) / 1000, (before?.mtimeMs ?? 0) / 1000);
    const [after] = await listContext(folder);
    expect(after?.ctimeMs).toBeGreaterThan(before?.ctimeMs ?? Infinity);
  });
});
