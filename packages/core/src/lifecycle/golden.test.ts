import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { workspaceOf } from '../../testing/workspace.js';
import { copyImages } from './copy/copy-images.js';
import { inspect, type Inspection } from './inspect/inspect.js';
import { load } from './load/load.js';
import { verify } from './inspect/verify.js';

const GOLDEN = join(import.meta.dirname, '../../testing/golden');
const FILES = readdirSync(GOLDEN).filter((file) => file.includes('.tar') && !/^empty/.test(file));
const platform = { os: 'linux', architecture: 'amd64' };

/** Diff IDs of the layers for linux/amd64. */
function diffIds({ images }: Inspection): (string | null)[] {
  return images.flatMap(({ layers }) =>
    layers
      .filter((layer) => !layer.platform || layer.platform.architecture === 'amd64')
      .map(({ diffId }) => diffId),
  );
}

it.each(FILES)('%s can be loaded, copied to an archive, and converted', async (file) => {
  const { workspace, call } = await workspaceOf();
  const golden = join(GOLDEN, file);
  const stdout = () => Promise.reject(new Error('unexpected write to stdout'));
  const before = await inspect(workspace, golden, call);
  const isNamed = before.images.every(
    ({ names, artifactType }) => artifactType ?? names[0]?.reference,
  );
  const naming = isNamed ? {} : { as: 'golden/unnamed:1' };

  const loaded = await load(workspace, [golden], { ...call, ...naming, platform });
  expect(loaded.length).toBeGreaterThan(0);
  for (const { reference } of loaded)
    await copyImages(workspace, `store:${reference}`, 'out.tar', {
      ...call,
      stdout,
      append: true,
    });
  const after = await inspect(workspace, './out.tar', call);
  expect(new Set(diffIds(after))).toEqual(new Set(diffIds(before)));

  await copyImages(workspace, golden, 'gzip.tar', {
    ...call,
    stdout,
    all: true,
    convert: { compress: 'gzip', platforms: [platform] },
  });
  const converted = await inspect(workspace, './gzip.tar', call);
  expect(new Set(diffIds(converted))).toEqual(new Set(diffIds(before)));
  expect(await verify(workspace, ['./out.tar', './gzip.tar'], call)).toMatchObject([
    { ok: true },
    { ok: true },
  ]);
});
