import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { openWorkspace } from '../workspace/workspace.js';
import { findLeftovers } from './leftovers.js';

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
