import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TOP, machine, recordAt, registry, save } from '../../../testing/share.js';
import { BASE, NAME } from '../../../testing/workspace.js';
import { doctor } from '../inspect/doctor.js';
import { list } from '../inspect/list.js';
import { ensure } from '../jobs/ensure.js';
import { plan } from '../jobs/plan.js';
import { load } from '../load/load.js';
import { report } from '../report/report.js';

describe('an image that the share had', () => {
  async function pruned() {
    const { memory, address } = await registry();
    const [one, two] = [await machine(address), await machine(address)];
    const { digest } = await save(one);
    await save(two);
    memory.tags.clear();
    memory.manifests.clear();
    memory.places.clear();
    return { two, digest, memory };
  }

  it('is made here when its bytes are needed', async () => {
    const { two, digest } = await pruned();
    expect(await load(two.workspace, [NAME], two.call)).toMatchObject([{ digest }]);
    expect(await list(two.workspace)).toMatchObject([{ name: NAME, state: 'ok' }]);
  });

  it('is made here when another image is built on it', async () => {
    const { two } = await pruned();
    expect(await save(two, TOP)).toMatchObject({ action: 'saved' });
  });

  it('is not found without its definition', async () => {
    const { two } = await pruned();
    await rm(join(two.cwd, BASE, 'image.yaml'));
    await expect(load(two.workspace, [NAME], two.call)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

it('is known to plan, ensure, doctor and report', async () => {
  const { address } = await registry();
  const [one, two] = [await machine(address), await machine(address)];
  await save(one);
  await save(two);
  const { workspace, call } = two;
  const request = { os: 'debian:12' };
  expect(await plan(workspace, request, call)).toMatchObject({
    jobs: [{ plan: { name: NAME, needs_build: false, best_image_path: null } }],
  });
  expect(await ensure(workspace, request, call)).toMatchObject({
    jobs: [{ saved: [], loaded: [{ action: 'loaded' }] }],
  });
  expect(await doctor(workspace, { ...call, fix: true })).toMatchObject({
    problems: [],
    fixed: [],
  });
  expect(await report(workspace, call)).toMatchObject({
    archives: [{ name: NAME, state: 'remote', layers: null }],
    problems: [],
  });
  expect(await recordAt(two)).toBe(await recordAt(one));
});
