import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { readCatalog, recordUse, updateCatalog } from '../../catalog/file.js';
import { openWorkspace } from './workspace.js';

const NAME = 'app-ubuntu-25.04-gcc15';

/** Creates workspaces whose settings name these folders of archives, relative to a common folder. */
async function workspaces(...images: readonly string[]) {
  const above = await temporaryFolder();
  await mkdir(join(above, 'w0/images/app'), { recursive: true });
  await symlink('w0/images', join(above, 'link'));
  await mkdir(join(above, 'apart/app'), { recursive: true });
  return Promise.all(
    images.map(async (folder, at) => {
      const root = join(above, `w${at}`);
      await mkdir(root, { recursive: true });
      await writeFile(join(root, 'stowage.yaml'), `images: ../${folder}\n`);
      return (await openWorkspace(root)).place;
    }),
  );
}

it.each([
  ['of one of them', ['w0/images', 'w0/images']],
  ['behind a link', ['w0/images', 'link']],
  ['of none of them', ['apart', 'apart']],
])('workspaces that share a folder of archives %s count uses for both', async (_, folders) => {
  const [one, other] = await workspaces(...folders);
  if (!one || !other) throw new Error('expected two workspaces');
  await writeFile(join(one.folder, `app/${NAME}.tar`), 'content');
  await updateCatalog(one, { upsert: [{ name: NAME, file: `app/${NAME}.tar`, size: 7 }] });
  const use = async (place: typeof one) => {
    await recordUse(place, NAME, new Date('2026-01-02'));
    await updateCatalog(place, {});
    await recordUse(place, NAME, new Date('2026-01-03'));
  };
  await Promise.all(Array.from({ length: 10 }, () => [use(one), use(other)]).flat());
  for (const place of [one, other])
    expect(await readCatalog(place)).toMatchObject([{ name: NAME, usage_count: 40 }]);
});

it('a workspace with a folder of archives of its own keeps its journal to itself', async () => {
  const [one, other] = await workspaces('w0/images', 'w1/images');
  expect(one?.sharedState).toBe(one?.state);
  expect(other?.sharedState).toBe(other?.state);
});
