import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { BASE, NAME, savePath, workspaceOf } from '../../../testing/workspace.js';
import { archiveOf, openWorkspace } from '../workspace/workspace.js';
import { findLeftovers } from './leftovers.js';

const HOUR = 3_600_000;

async function leftoversOf(...paths: readonly string[]) {
  const { workspace, call, cwd } = await workspaceOf();
  await savePath(workspace, BASE, call);
  for (const path of paths) {
    await mkdir(join(cwd, path, '..'), { recursive: true });
    await writeFile(join(cwd, path), 'x');
  }
  const found = await findLeftovers(workspace, Date.now() + HOUR);
  return { found, paths: found.map(({ path }) => path), workspace };
}

describe('leftovers', () => {
  it('are none of a workspace whose processes ended well', async () => {
    expect((await leftoversOf()).paths).toEqual([]);
  });

  it.each([
    `images/app/${NAME}.tar.partial`,
    '.stowage/catalog.json.x.partial',
    '.stowage/builds/x.partial',
    '.stowage/spool/x.spool',
    'images/app/gone-debian-12-x.image.json',
  ])('include %s', async (path) => {
    expect((await leftoversOf(path)).paths).toEqual([path]);
  });

  it('are not other files, nor deeper ones', async () => {
    const { paths } = await leftoversOf('images/app/README', 'images/a/b/x.tar.partial');
    expect(paths).toEqual([]);
  });

  it('include the record of an archive that was deleted by hand', async () => {
    const { workspace } = await leftoversOf();
    await rm(archiveOf(workspace, NAME));
    const [item] = await findLeftovers(workspace, Date.now());
    expect(item).toMatchObject({ kind: 'leftover', pinned: false, inUse: false });
    expect(item?.targets[0]).toMatch(/\.image\.json$/);
  });

  it('of an archive have no age: its lock tells whether they are in use', async () => {
    const { found } = await leftoversOf(`images/app/${NAME}.tar.partial`, '.stowage/spool/x.spool');
    expect(found.map(({ created }) => created === 0)).toEqual([true, false]);
  });
});

const DAY_MS = 24 * 60 * 60 * 1000;

it('what dead processes left, and old indexes of layers, are leftovers', async () => {
  const root = await temporaryFolder();
  await writeFile(join(root, 'stowage.yaml'), '');
  const now = 100 * DAY_MS;
  const write = async (path: string, daysAgo: number) => {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), 'x');
    const time = new Date(now - daysAgo * DAY_MS);
    await utimes(join(root, path), time, time);
  };
  await write('.stowage/layers/old.jsonl', 31);
  await write('.stowage/layers/used.jsonl', 29);
  await write('.stowage/layers/new.jsonl.12ab.partial', 0);
  await write('.stowage/layers/.old.jsonl.12ab.partial', 50);
  await write('.stowage/builds/1234', 90);
  await write('.stowage/builds/1234.ab.partial', 1);
  await write('images/app/x.tar.partial', 1);
  const found = await findLeftovers(await openWorkspace(root), now);
  expect(found.map(({ path }) => basename(path)).sort()).toEqual([
    ...['.old.jsonl.12ab.partial', '1234.ab.partial', 'new.jsonl.12ab.partial', 'old.jsonl'],
    'x.tar.partial',
  ]);
});
