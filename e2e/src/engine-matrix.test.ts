import {
  copyGraph,
  copyImages,
  detectEngine,
  load,
  openWorkspace,
  save,
  verify,
  walk,
  type Engine,
  type LoadResult,
} from '@stowage/core';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { engineContract } from '../../packages/core/testing/contracts/engine.js';
import { storeWith } from '../../packages/core/testing/image.js';
import type { MemoryStore } from '../../packages/core/testing/memory-store.js';
import { describeEngines, type EngineUnderTest } from './engines/describe-engines.js';
import {
  archiveOf,
  attestedImage,
  imageThatCannotUnpack,
  pulledIndex,
  twoPlatforms,
} from './engines/images.js';
import { keepsIndexes } from './engines/matrix.js';
import { temporaryFolder } from './run.js';

const PREFIX = 'docker.io/stowage-matrix';

describeEngines((engine) => {
  engineContract(engine.name, () => open(engine));

  it('does not take an image whose layers cannot be unpacked', async () => {
    const reference = `${PREFIX}/broken:1`;
    const path = await archiveOf(await imageThatCannotUnpack(reference), reference);
    const { call, workspace } = await workspaceFor(engine);
    await expect(load(workspace, [path], call)).rejects.toMatchObject({ code: 'INVALID' });
    await using opened = await open(engine);
    expect(await opened.inspect(reference)).toBeUndefined();
  });

  it('is sent only the layers that it lacks, and nothing twice', async () => {
    const [base, more] = [`${PREFIX}/thin:base`, `${PREFIX}/thin:more`];
    const small = await storeWith(base, { layers: 2, seed: 'matrix', bytes: 50_000 });
    const large = await storeWith(more, { layers: 3, seed: 'matrix', bytes: 50_000 });
    const added = sizeOf(large, small);
    await loadInto(engine, await archiveOf(small, base));
    const path = await archiveOf(large, more);
    expect(await loadInto(engine, path)).toMatchObject([{ action: 'loaded', bytesSent: added }]);
    expect(await loadInto(engine, path)).toMatchObject([{ action: 'skipped', bytesSent: 0 }]);
    await using opened = await open(engine);
    await opened.remove(base);
    await opened.remove(more);
  });

  if (keepsIndexes(engine.name)) describe('with an index', () => withIndexes(engine));
});

function withIndexes(engine: EngineUnderTest): void {
  it('of which it has one platform, that one is saved, copied and verified', async () => {
    const reference = `${PREFIX}/pulled:1`;
    const { store, index, amd64 } = await pulledIndex(reference, engine.name);
    await using opened = await open(engine);
    await put(opened, store, reference);
    expect((await opened.inspect(reference))?.id).toBe(index.digest);
    const { call, workspace, cwd } = await workspaceFor(engine);
    const output = { ...call, output: 'out.tar' };
    expect(await save(workspace, [reference], output)).toMatchObject([{ digest: amd64.digest }]);
    const from = `docker-daemon:${reference}`;
    expect(await copyImages(workspace, from, 'oci:layout', call)).toMatchObject([
      { digest: amd64.digest, reference },
    ]);
    expect(await verify(workspace, [from], call)).toMatchObject([{ ok: true, images: 1 }]);
    const again = await load(workspace, [join(cwd, 'out.tar')], call);
    expect(again).toMatchObject([{ action: 'skipped', bytesSent: 0, imageId: index.digest }]);
    await opened.remove(reference);
  });

  it('of which it has one platform, the record names the index, and nothing is saved twice', async () => {
    const reference = `${PREFIX}/app-debian-12-base:1`;
    const { store, index, amd64 } = await pulledIndex(reference, `${engine.name}-record`);
    await using opened = await open(engine);
    await put(opened, store, reference);
    const { call, workspace } = await workspaceFor(engine);
    const [saved] = await save(workspace, [reference], call);
    expect(saved).toMatchObject({ action: 'saved', digest: amd64.digest });
    const record = JSON.parse(await readFile(saved?.record ?? '', 'utf8')) as object;
    expect(record).toMatchObject({ digest: amd64.digest, index: index.digest });
    expect(await save(workspace, [reference], call)).toMatchObject([{ action: 'skipped' }]);
    await opened.remove(reference);
  });

  it('and an attestation, saving and loading keeps both, and sends nothing', async () => {
    const reference = `${PREFIX}/attested:1`;
    const { store, index, attestation } = await attestedImage(reference, engine.name);
    await using opened = await open(engine);
    await put(opened, store, reference);
    const { call, workspace, cwd } = await workspaceFor(engine);
    const output = { ...call, output: 'out.tar' };
    expect(await save(workspace, [reference], output)).toMatchObject([{ digest: index.digest }]);
    const path = join(cwd, 'out.tar');
    expect(await load(workspace, [path], call)).toMatchObject([
      { action: 'skipped', bytesSent: 0, imageId: index.digest },
    ]);
    await opened.remove(reference);
    expect(await load(workspace, [path], call)).toMatchObject([
      { action: 'loaded', imageId: index.digest },
    ]);
    await using source = await opened.source(reference, { spoolFolder: cwd });
    expect(await source.has(attestation)).toBe(true);
    await opened.remove(reference);
  });

  it('it keeps the index of an archive, and gets one platform of it', async () => {
    const reference = `${PREFIX}/two:1`;
    const { store, index, amd64, other } = await twoPlatforms(reference, engine.name);
    const path = await archiveOf(store, reference);
    const { call, workspace, cwd } = await workspaceFor(engine);
    expect(await load(workspace, [path], call)).toMatchObject([
      { action: 'loaded', imageId: index.digest },
    ]);
    expect(await load(workspace, [path], call)).toMatchObject([{ action: 'skipped' }]);
    await using opened = await open(engine);
    const image = await opened.inspect(reference);
    expect(image?.manifests).toMatchObject([
      { digest: amd64.digest, isWhole: true, isUnpacked: true },
      { digest: other.digest, isWhole: false },
    ]);
    const platform = { os: 'linux', architecture: 'arm64' };
    await expect(opened.source(reference, { spoolFolder: cwd, platform })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await opened.remove(reference);
  });
}

function open({ started }: EngineUnderTest): Promise<Engine> {
  const { kind, host } = started();
  return detectEngine({ engine: kind, host, storeFolder: '' });
}

async function workspaceFor({ started }: EngineUnderTest) {
  const cwd = await temporaryFolder();
  const { kind, host } = started();
  return { cwd, call: { cwd, engine: kind, host }, workspace: await openWorkspace(cwd) };
}

/** Puts an image with all that the store has of it into the engine. */
async function put(engine: Engine, store: MemoryStore, reference: string): Promise<void> {
  const { descriptor } = await store.resolve(reference);
  const graph = await walk(store, descriptor, { missing: 'report' });
  await using sink = engine.sink();
  await copyGraph(store, graph, sink);
  await sink.tag(descriptor, reference);
  await sink.commit();
}

/** Size of the blobs of a store, of those that another one lacks. */
function sizeOf({ blobs }: MemoryStore, without?: MemoryStore): number {
  const own = [...blobs].filter(([digest]) => !without?.blobs.has(digest));
  return own.reduce((sum, [, bytes]) => sum + bytes.byteLength, 0);
}

async function loadInto(engine: EngineUnderTest, path: string): Promise<LoadResult[]> {
  const { call, workspace } = await workspaceFor(engine);
  return load(workspace, [path], call);
}
