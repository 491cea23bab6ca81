import { existsSync, renameSync } from 'node:fs';
import { lstat, mkdir, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { makeLink, moveBack, sweep, touch, withFolder } from './links.js';

const HOUR = 3_600_000;

/** A marker file of an hour ago, and the place of its trash. */
async function oldLink() {
  const root = await temporaryFolder();
  const path = join(root, 'links/x');
  await makeLink(path, { privateTo: root });
  const old = new Date(Date.now() - HOUR);
  await utimes(path, old, old);
  return { root, path, trash: join(root, 'trash/x') };
}

const ageOf = async (path: string) => Date.now() - (await lstat(path)).mtimeMs;

describe('a link', () => {
  it('is created with its folders, and refreshed when it exists', async () => {
    const { root, path } = await oldLink();
    expect(await ageOf(path)).toBeGreaterThan(HOUR / 2);
    expect(await makeLink(path, { privateTo: root })).toBe(0);
    expect(await ageOf(path)).toBeLessThan(HOUR / 2);
    expect(await makeLink(join(root, 'a/b/c'), { privateTo: root })).toBe(2);
  });

  it('is not written through a symbolic link', async () => {
    const { root, path } = await oldLink();
    const outside = join(await temporaryFolder(), 'outside');
    await symlink(outside, join(root, 'links/y'));
    await expect(makeLink(join(root, 'links/y'), { privateTo: root })).rejects.toThrow();
    await expect(lstat(outside)).rejects.toMatchObject({ code: 'ENOENT' });
    await rm(dirname(path), { recursive: true });
    await symlink(await temporaryFolder(), dirname(path));
    await expect(makeLink(path, { privateTo: root })).rejects.toThrow();
  });

  it('is made again when its folder is removed meanwhile, a bounded number of times', async () => {
    const root = await temporaryFolder();
    const folder = join(root, 'a');
    let tries = 0;
    await withFolder(folder, {}, async () => {
      if (++tries < 4) await rm(folder, { recursive: true, force: true });
      await writeFile(join(folder, 'x'), '');
    });
    expect(tries).toBe(4);
    const always = withFolder(folder, {}, () => writeFile(join(folder, 'none/x'), ''));
    await expect(always).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('touching', () => {
  it('refreshes the time, unless it is young enough', async () => {
    const { path, trash } = await oldLink();
    expect(await touch(path, () => trash, 2 * HOUR)).toBe(true);
    expect(await ageOf(path)).toBeGreaterThan(HOUR / 2);
    expect(await touch(path, () => trash)).toBe(true);
    expect(await ageOf(path)).toBeLessThan(HOUR / 2);
  });

  it('finds no file, and waits for one that a collector moves back', async () => {
    const { path, trash } = await oldLink();
    expect(await touch(`${path}.none`, () => trash)).toBe(false);
    await mkdir(dirname(trash));
    await rename(path, trash);
    const touching = touch(path, () => trash);
    await moveBack(trash, path);
    expect(await touching).toBe(true);
  });

  it('finds a file that is moved back while it looks for it in the trash', async () => {
    const { path, trash } = await oldLink();
    await mkdir(dirname(trash));
    await rename(path, trash);
    const movedBack = () => {
      if (existsSync(trash)) renameSync(trash, path);
      return trash;
    };
    expect(await touch(path, movedBack)).toBe(true);
  });
});

describe('sweeping', () => {
  it('deletes an old file and keeps a young one', async () => {
    const { root, path, trash } = await oldLink();
    const options = { privateTo: root, before: Date.now() - HOUR / 2 };
    expect(await sweep(path, trash, { ...options, before: Date.now() - 2 * HOUR })).toBeUndefined();
    expect(await readdir(dirname(path))).toEqual(['x']);
    expect(await sweep(path, trash, options)).toBeGreaterThanOrEqual(0);
    expect([await readdir(dirname(path)), await readdir(dirname(trash))]).toEqual([[], []]);
    expect(await sweep(path, trash, options)).toBeUndefined();
  });

  it('loses no file that is touched at the same time', async () => {
    for (let times = 0; times < 20; times++) {
      const { root, path, trash } = await oldLink();
      const options = { privateTo: root, before: Date.now() - HOUR / 2 };
      const [isThere, freed] = await Promise.all([
        touch(path, () => trash),
        sweep(path, trash, options),
      ]);
      // Either the file was marked and is there, or it is gone and the marking failed.
      expect(isThere).toBe(freed === undefined);
      expect(await readdir(dirname(path))).toEqual(isThere ? ['x'] : []);
    }
  });
});
