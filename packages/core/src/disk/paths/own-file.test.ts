import { constants } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { writeNew } from '../atomic-write.js';
import { appendOwn, openOwn, readOwn, readUpTo } from './own-file.js';

async function createLink() {
  const folder = await temporaryFolder();
  const [target, link] = [join(folder, 'target'), join(folder, 'link')];
  await writeFile(target, 'mine');
  await symlink(target, link);
  return { folder, target, link };
}
const INVALID = expect.objectContaining({ code: 'INVALID' }) as Error;

describe('a file that Stowage keeps', () => {
  it('can be appended to and read', async () => {
    const path = join(await temporaryFolder(), 'x');
    expect(await readOwn(path)).toBeUndefined();
    await appendOwn(path, 'a');
    await appendOwn(path, 'b');
    expect((await readOwn(path))?.toString()).toBe('ab');
  });

  it('is refused when it is a symbolic link', async () => {
    const { target, link } = await createLink();
    for (const work of [
      () => appendOwn(link, 'x'),
      () => readOwn(link),
      () => openOwn(link, constants.O_RDONLY),
    ])
      await expect(work()).rejects.toThrow(`${link}: a symbolic link to`);
    expect(await readFile(target, 'utf8')).toBe('mine');
  });

  it('replaces a link and leaves its target unchanged', async () => {
    const { target, link } = await createLink();
    await writeNew(link, [Buffer.from('new')]);
    expect([await readFile(target, 'utf8'), await readFile(link, 'utf8')]).toEqual(['mine', 'new']);
  });

  it('is refused when it is not a regular file', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'd'));
    await expect(openOwn(join(folder, 'd'), constants.O_RDONLY)).rejects.toThrow(INVALID);
    await expect(readUpTo('/dev/zero', 10)).rejects.toThrow(INVALID);
  });

  it('is refused when it is too large', async () => {
    const { link } = await createLink();
    expect((await readUpTo(link, 4))?.toString()).toBe('mine');
    await expect(readUpTo(link, 3)).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });
});
