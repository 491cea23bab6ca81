import { openWorkspace, prune, save, type PruneResult } from '@stowage/core';
import { expect, it } from 'vitest';
import { storeWith, type ImageOptions } from '../../packages/core/testing/image.js';
import { describeEngines, type EngineUnderTest } from './engines/describe-engines.js';
import { openEngine, putImage } from './engines/open.js';
import { must, temporaryFolder } from './run.js';

const MIB = 1024 * 1024;
/** Names of images of ours, and of another one. */
const [ONE, TWO, OTHER] = ['app-debian-12-one', 'app-debian-12-two', 'other'] as const;

/** The images of an engine, the lower layers of which they share. */
const CASES: [string, readonly [string, ImageOptions][]][] = [
  ['one image with a history, compressed', [[ONE, { layers: 2, history: true, gzip: true }]]],
  ['one image without a history', [[ONE, { layers: 2 }]]],
  [
    'two images that share layers, with a history',
    [
      [ONE, { layers: 2, history: true }],
      [TWO, { layers: 3, history: true }],
    ],
  ],
  [
    'two images that share layers, without a history',
    [
      [ONE, { layers: 2 }],
      [TWO, { layers: 3 }],
    ],
  ],
  [
    'an image that shares layers with one that stays',
    [
      [OTHER, { layers: 2 }],
      [TWO, { layers: 3 }],
    ],
  ],
];

describeEngines((engine) => {
  it.each(CASES)('prune says the space that it frees: %s', async (_what, images) => {
    const { planned, said, freed } = await prunedOf(engine, images);
    expect(said).toBe(planned);
    expect(said).toBeGreaterThan(MIB / 2);
    // Folders and the engine's own files are the difference.
    expect(Math.abs(freed - said)).toBeLessThan(0.1 * freed);
  });
});

/** Puts images of 1 MiB a layer into an engine, saves those that are ours, and prunes their copies in the engine. */
async function prunedOf(engine: EngineUnderTest, images: readonly [string, ImageOptions][]) {
  const cwd = await temporaryFolder();
  const { kind, host, data } = engine.started();
  const [call, workspace] = [{ cwd, engine: kind, host }, await openWorkspace(cwd)];
  await using opened = await openEngine(engine);
  for (const [name, options] of images) {
    const reference = `docker.io/library/${name}:latest`;
    const store = await storeWith(reference, { seed: 'space', bytes: MIB, ...options });
    await putImage(opened, store, reference);
    if (name !== OTHER) await save(workspace, [reference], call);
  }
  const before = await usedBy(data);
  const rules = { ...call, copies: true, maxUsed: '1B' };
  const planned = copiesIn(await prune(workspace, { ...rules, dryRun: true }));
  const said = copiesIn(await prune(workspace, rules));
  const freed = before - (await usedBy(data));
  if (images.some(([name]) => name === OTHER)) await opened.remove(`${OTHER}:latest`);
  return { planned, said, freed };
}

/** Bytes of the images of the engine that are deleted. */
function copiesIn({ decisions }: PruneResult): number {
  const copies = decisions.filter(({ kind, action }) => kind === 'engine' && action === 'delete');
  return copies.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Bytes of a folder on disk. */
async function usedBy(folder: string): Promise<number> {
  const [bytes] = (await must('du', ['-s', '-B1', folder])).split('\t');
  return Number(bytes);
}
