import { rm, stat, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { BASE, NAME, savePath, workspaceOf } from '../../../../testing/workspace.js';
import { readRecord } from '../../../catalog/commit.js';
import type { ImageRecord } from '../../../catalog/record.js';
import { archiveOf } from '../workspace.js';
import { holdsImage, sizeIfHolding } from './holds-image.js';

async function start() {
  const { workspace, call, cwd } = await workspaceOf();
  await savePath(workspace, BASE, call);
  const path = archiveOf(workspace, NAME);
  const record = await readRecord(path);
  if (!record) throw new Error('expected a record');
  const { place } = workspace;
  const holds = (of: ImageRecord = record) => holdsImage(place, path, of);
  const size = (of: ImageRecord = record) => sizeIfHolding(place, path, of);
  return { cwd, path, record, holds, size };
}

const other = (record: ImageRecord): ImageRecord => ({
  ...record,
  digest: `sha256:${'0'.repeat(64)}`,
});

it('an archive holds the image of its record, and no other one', async () => {
  const { path, record, holds, size } = await start();
  expect([await holds(), await size()]).toEqual([true, (await stat(path)).size]);
  expect([await holds(other(record)), await size(other(record))]).toEqual([false, undefined]);
});

it.each([
  ['replaced', (path: string) => writeFile(path, 'another')],
  ['gone', (path: string) => rm(path)],
])('an archive that is %s holds nothing', async (_, change) => {
  const { path, holds, size } = await start();
  await change(path);
  expect([await holds(), await size()]).toEqual([false, undefined]);
});

it('what is remembered of an archive is not believed of another file', async () => {
  const { cwd, path, size } = await start();
  const before = await size();
  await rm(`${cwd}/.stowage`, { recursive: true });
  expect(await size()).toBe(before);
  await writeFile(path, Buffer.alloc(before ?? 0));
  expect(await size()).toBeUndefined();
});
