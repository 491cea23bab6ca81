import { readFile, rm, stat, truncate, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { refuse } from '../../../testing/quirks/registry.js';
import {
  TOP,
  archiveAt,
  machine,
  recordAt,
  registry,
  requestsOf,
  save,
  unsharedAt,
  type Machine,
} from '../../../testing/share.js';
import { BASE, NAME, buildPath } from '../../../testing/workspace.js';
import { copyImages } from '../copy/copy-images.js';
import { doctor } from '../inspect/doctor.js';
import { list } from '../inspect/list.js';
import { verify } from '../inspect/verify.js';
import { ensure } from '../jobs/ensure.js';
import { plan } from '../jobs/plan.js';
import { load } from '../load/load.js';
import { prune } from '../prune/prune.js';
import { push } from '../push/push.js';
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

  it.each<[string, (made: Machine) => Promise<unknown>]>([
    [
      'pushed',
      async ({ workspace, call }) =>
        push(workspace, [NAME], { ...call, to: (await registry()).address }),
    ],
    [
      'copied',
      ({ workspace, call }) =>
        copyImages(workspace, NAME, 'oci-archive:out.tar', {
          ...call,
          stdout: () => Promise.resolve(),
        }),
    ],
    ['verified', ({ workspace, call }) => verify(workspace, [NAME], call)],
  ])('is made here when it is %s', async (_what, use) => {
    const { two } = await pruned();
    expect(await use(two)).toHaveLength(1);
    await readFile(archiveAt(two));
  });

  it('is made here when another image is built on it in an engine', async () => {
    const { two } = await pruned();
    expect(await buildPath(two.workspace, TOP, two.call)).toMatchObject({ action: 'built' });
  });

  it('is loaded from the cache where a load has put it', async () => {
    const { address, memory } = await registry();
    const [one, two] = [await machine(address), await machine(address)];
    await save(one);
    await save(two);
    await load(two.workspace, [NAME], two.call);
    await rm(join(two.cwd, '.stowage/store'), { recursive: true });
    memory.manifests.clear();
    requestsOf(memory);
    expect(await load(two.workspace, [NAME], two.call)).toMatchObject([{ action: 'loaded' }]);
    expect(await load(two.workspace, [NAME], two.call)).toMatchObject([{ action: 'skipped' }]);
    expect(requestsOf(memory)).toEqual([]);
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

describe('a damaged archive', () => {
  async function damaged() {
    const { address } = await registry();
    const [one, two] = [await machine(address), await machine(address)];
    await save(one);
    await truncate(archiveAt(one), 3000);
    return { one, two, address };
  }

  it('is an error, not an older one: the share is not read in its place', async () => {
    const { one } = await damaged();
    for (const input of [NAME, archiveAt(one)])
      await expect(load(one.workspace, [input], one.call)).rejects.toMatchObject({
        code: expect.stringMatching(/CORRUPT|INCOMPLETE|INVALID/) as string,
      });
  });

  it('is replaced by save', async () => {
    const { one } = await damaged();
    expect(await save(one)).toMatchObject({ action: 'remote' });
    await expect(readFile(archiveAt(one))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await load(one.workspace, [NAME], one.call)).toMatchObject([{ action: 'loaded' }]);
  });
});

describe('an archive that the share did not take', () => {
  it('is offered again by the next save that may publish', async () => {
    let isAway = true;
    const { memory, address } = await registry({
      before: () => (isAway ? refuse(403) : undefined),
    });
    const one = await machine(address);
    await save(one);
    isAway = false;
    expect(await save(one)).toMatchObject({ action: 'skipped' });
    expect(memory.tags.size).toBe(1);
    await expect(readFile(unsharedAt(one))).rejects.toMatchObject({ code: 'ENOENT' });
    requestsOf(memory);
    await save(one);
    expect(requestsOf(memory)).toEqual([]);
  });

  it('is pruned once the image has no record', async () => {
    const { address } = await registry();
    const one = await machine(address, 'mode: read');
    await save(one);
    const rules = { ...one.call, minAge: '0s' };
    await prune(one.workspace, rules);
    await stat(unsharedAt(one));
    await rm(join(one.cwd, 'images'), { recursive: true });
    await utimes(unsharedAt(one), 1, 1);
    await prune(one.workspace, rules);
    await expect(stat(unsharedAt(one))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
