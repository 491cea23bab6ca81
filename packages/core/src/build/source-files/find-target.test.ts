import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { findTarget } from './find-target.js';

async function context(links: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'd'));
  await writeFile(join(folder, 'd/f'), 'x');
  for (const [path, target] of Object.entries(links)) await symlink(target, join(folder, path));
  return folder;
}

describe('the target of a link', () => {
  it.each([
    ['d/f', 'd/f'],
    ['./d', 'd'],
    ['d/../d/f', 'd/f'],
    ['.', ''],
    ['none', undefined],
  ])('to %s is %s', async (target, expected) => {
    const folder = await context({ l: target });
    expect(await findTarget(folder, join(folder, 'l'))).toBe(expected);
  });

  it('is found through several links', async () => {
    const folder = await context({ l: 'm/f', m: 'd' });
    expect(await findTarget(folder, join(folder, 'l'))).toBe('d/f');
  });

  it('outside of the context is refused', async () => {
    const folder = await context({ l: await temporaryFolder() });
    await expect(findTarget(folder, join(folder, 'l'))).rejects.toMatchObject({ code: 'INVALID' });
  });
});
