import {
  build as buildImage,
  copyGraph,
  copyImages,
  load,
  openWorkspace,
  parsePlatform,
  pull,
  push,
  readDefinition,
  save,
  verify,
  walk,
  type BuildOptions,
  type LifecycleEvent,
  type LoadResult,
} from '@stowage/core';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { engineContract } from '../../packages/core/testing/contracts/engine.js';
import { storeWith } from '../../packages/core/testing/image.js';
import type { MemoryStore } from '../../packages/core/testing/memory-store.js';
import { startRegistry } from './distribution-server.js';
import { describeEngines, type EngineUnderTest } from './engines/describe-engines.js';
import {
  archiveOf,
  attestedImage,
  imageThatCannotUnpack,
  pulledIndex,
  twoPlatforms,
} from './engines/images.js';
import { keepsIndexes } from './engines/matrix.js';
import { openEngine as open, putImage as put } from './engines/open.js';
import { describeWith } from './peers.js';
import { must, temporaryFolder } from './run.js';

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

  it('takes all platforms of an image, or refuses them', async () => {
    const reference = `${PREFIX}/all:1`;
    const { store, index, amd64, other } = await twoPlatforms(reference, `${engine.name}-all`);
    const path = await archiveOf(store, reference);
    const { call, workspace } = await workspaceFor(engine);
    const loading = load(workspace, [path], { ...call, platform: 'all' });
    await using opened = await open(engine);
    if (engine.kind !== 'containerd' && !keepsIndexes(engine.name)) {
      await expect(loading).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining('keeps an image for one platform, linux/amd64') as string,
      });
      expect(await opened.inspect(reference)).toBeUndefined();
      return;
    }
    expect(await loading).toMatchObject([{ action: 'loaded', imageId: index.digest }]);
    const again = await load(workspace, [path], { ...call, platform: 'all' });
    expect(again).toMatchObject([{ action: 'skipped', bytesSent: 0 }]);
    await using source = await opened.source(reference, { spoolFolder: call.cwd });
    for (const image of [amd64, other])
      expect((await walk(source, image, { missing: 'report' })).missing).toEqual([]);
    await opened.remove(reference);
  });

  it('gives an image all names of an archive, and no others', async () => {
    const names = [
      'docker.io/library/two-names:1',
      `${PREFIX}/two-names:2`,
      'docker.io/library/x:3',
    ];
    const store = await storeWith(names[0] ?? '', { seed: 'names' });
    const { descriptor } = await store.resolve();
    for (const name of names) await store.tag(descriptor, name);
    await store.commit();
    await using opened = await open(engine);
    await using sink = opened.sink();
    await copyGraph(store, await walk(store, descriptor), sink);
    for (const name of names) await sink.tag(descriptor, name);
    await sink.commit();
    for (const name of names)
      expect((await opened.inspect(name))?.references.toSorted()).toEqual(names.toSorted());
    for (const name of names) await opened.remove(name);
    expect(await opened.list()).toEqual([]);
  });

  describeWith(['docker-registry'], 'and a registry', () => withRegistry(engine));
  if (engine.kind !== 'containerd') describe('that builds', () => withBuilds(engine));
  if (keepsIndexes(engine.name)) describe('with an index', () => withIndexes(engine));
});

/** Nothing here writes to standard output. */
const stdout = () => Promise.reject(new Error('unexpected write to standard output'));

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
    expect(await copyImages(workspace, from, 'oci:layout', { ...call, stdout })).toMatchObject([
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

  it('and an attestation, one platform that docker saves is one image', async () => {
    const reference = `${PREFIX}/one-platform:1`;
    const { store, image } = await attestedImage(reference, `${engine.name}-platform`);
    await using opened = await open(engine);
    await put(opened, store, reference);
    const { call, workspace, cwd } = await workspaceFor(engine);
    const path = join(cwd, 'docker.tar');
    const { env } = engine.started();
    await must('docker', ['save', '--platform', 'linux/amd64', '--output', path, reference], {
      env,
    });
    expect(await load(workspace, [path], call)).toMatchObject([
      { action: 'skipped', digest: image.digest },
    ]);
    // The attestation goes along as what refers to the image.
    const [copied] = await copyImages(workspace, path, 'oci:layout', { ...call, stdout });
    expect(copied).toMatchObject({ reference, digest: image.digest });
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
    const platforms = [{ os: 'linux', architecture: 'arm64' }];
    await expect(opened.source(reference, { spoolFolder: cwd, platforms })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await opened.remove(reference);
  });

  it('of which it has two platforms, one or both are taken, and no other one', async () => {
    const reference = `${PREFIX}/chosen:1`;
    const { store, index, other } = await twoPlatforms(reference, `${engine.name}-chosen`);
    await using opened = await open(engine);
    await put(opened, store, reference);
    const { call, workspace } = await workspaceFor(engine);
    const from = `docker-daemon:${reference}`;
    const copied = async (to: string, ...platforms: readonly string[]) => {
      const options = { ...call, stdout, platforms: platforms.map(parsePlatform) };
      return (await copyImages(workspace, from, to, options))[0];
    };
    expect(await copied('oci:one', 'arm64')).toMatchObject({ digest: other.digest });
    expect(await copied('oci:both', 'arm64', 'amd64')).toMatchObject({ digest: index.digest });
    const absent = {
      code: 'NOT_FOUND',
      message: expect.stringContaining('only for linux/amd64, linux/arm64') as string,
    };
    await expect(copied('oci:none', 'arm64', 's390x')).rejects.toMatchObject(absent);
    const platforms = [parsePlatform('arm64')];
    expect(await verify(workspace, [from], { ...call, platforms })).toMatchObject([
      { ok: true, images: 1 },
    ]);
    await opened.remove(reference);
  });

  it('of which it lacks a platform, all of them are an error', async () => {
    const reference = `${PREFIX}/lacking:1`;
    const { store } = await pulledIndex(reference, `${engine.name}-lacking`);
    await using opened = await open(engine);
    await put(opened, store, reference);
    const { call, workspace } = await workspaceFor(engine);
    const options = { ...call, stdout, platforms: 'all' as const };
    await expect(
      copyImages(workspace, `docker-daemon:${reference}`, 'oci:all', options),
    ).rejects.toMatchObject({ code: 'INCOMPLETE' });
    await opened.remove(reference);
  });
}

/** The registry gets what is saved, whichever way it goes there. */
function withRegistry(engine: EngineUnderTest): void {
  it('an image has one digest: saved, pushed, copied and pulled', async () => {
    const reference = `${PREFIX}/pushed:1`;
    const image = { seed: `${engine.name}-pushed`, history: true, gzip: true };
    await using opened = await open(engine);
    await put(opened, await storeWith(reference, image), reference);
    const { call, workspace, cwd } = await workspaceFor(engine);
    const to = await startRegistry();
    const path = join(cwd, 'saved.tar');
    const [saved] = await save(workspace, [reference], { ...call, output: path });
    const digest = saved?.digest;
    const from = `docker-daemon:${reference}`;

    expect(await push(workspace, [path], { ...call, to })).toMatchObject([
      { action: 'pushed', digest },
    ]);
    expect(await push(workspace, [path], { ...call, to })).toMatchObject([
      { action: 'skipped', digest, bytesSent: 0 },
    ]);
    // The classic stores keep layers unpacked only, and a push compresses them by default.
    const isClassic = engine.kind !== 'containerd' && !keepsIndexes(engine.name);
    const compress = isClassic ? 'none' : 'auto';
    const pushedAs = { ...call, to, tag: 'team/engine:1', compress } as const;
    expect(await push(workspace, [from], pushedAs)).toMatchObject([{ digest }]);
    expect(await push(workspace, [from], pushedAs)).toMatchObject([
      { action: 'skipped', digest, bytesSent: 0 },
    ]);
    const copied = `docker://${to}/team/copied:1`;
    expect(await copyImages(workspace, from, copied, { ...call, stdout })).toMatchObject([
      { digest },
    ]);
    for (const name of ['stowage-matrix/pushed', 'team/engine', 'team/copied'])
      expect(
        await pull(workspace, [`${to}/${name}:1`], { ...call, stdout, output: `${name}/` }),
      ).toMatchObject([{ digest }]);
    await opened.remove(reference);
  });

  it('a push that compresses an image sends it once', async () => {
    const reference = `${PREFIX}/compressed:1`;
    await using opened = await open(engine);
    await put(opened, await storeWith(reference, { seed: `${engine.name}-gzip` }), reference);
    const { call, workspace } = await workspaceFor(engine);
    const options = { ...call, to: await startRegistry() };
    const pushed = () => push(workspace, [`docker-daemon:${reference}`], options);
    const [first] = await pushed();
    expect(await pushed()).toMatchObject([
      { action: 'skipped', digest: first?.digest, bytesSent: 0 },
    ]);
    await opened.remove(reference);
  });
}

/** Steps of a Dockerfile, on an empty base. */
function withBuilds(engine: EngineUnderTest): void {
  const definition = 'project: app\nos: debian-12\nvariant: built\nnetwork: none\n';
  async function build(text: string, options: Partial<BuildOptions> = {}) {
    const { call, workspace, cwd } = await workspaceFor(engine);
    const events: string[] = [];
    await writeFile(join(cwd, 'image.yaml'), `${definition}dockerfile: Dockerfile\n`);
    await writeFile(join(cwd, 'Dockerfile'), text);
    await copyFile('/bin/busybox', join(cwd, 'busybox'));
    const onEvent = (event: LifecycleEvent) => {
      if (event.type === 'step') events.push(`${event.subject}: ${event.text}`);
    };
    const found = await readDefinition(workspace, '.', call);
    return { result: await buildImage(workspace, found, { ...call, ...options, onEvent }), events };
  }

  it('reports its steps, and ends with the image', async () => {
    const { result, events } = await build('FROM scratch\nCOPY busybox /bin/busybox\n');
    expect(result).toMatchObject({ action: 'built', reference: expect.any(String) as string });
    // BuildKit does not count FROM.
    expect(events).toContainEqual(
      expect.stringMatching(/^step (2\/2|1\/1): COPY busybox \/bin\/busybox$/),
    );
    await using opened = await open(engine);
    expect((await opened.inspect(result.reference))?.id).toBe(result.imageId);
    await opened.remove(result.reference);
  });

  it('names the step that fails', async () => {
    const failing = build(
      'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "false"]\n',
    );
    await expect(failing).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringMatching(
        /step (?:3\/3|2\/2) \(RUN \["\/bin\/busybox",\s*"false"\]\)/,
      ) as string,
    });
  });

  it('fails when the image is for another platform than was asked for', async () => {
    const text = 'FROM built-base:1\nCOPY busybox /bin/busybox\n';
    const base = 'docker.io/library/built-base:1';
    await using opened = await open(engine);
    await put(opened, await storeWith(base, { seed: 'base' }), base);
    const platforms = [{ os: 'linux', architecture: 'arm64' }];
    await expect(build(text, { platforms })).rejects.toMatchObject({
      code: expect.stringMatching(/INVALID|UNSUPPORTED/) as string,
    });
    await opened.remove(base);
  });
}

async function workspaceFor({ started }: EngineUnderTest) {
  const cwd = await temporaryFolder();
  const { kind, host } = started();
  return { cwd, call: { cwd, engine: kind, host }, workspace: await openWorkspace(cwd) };
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
