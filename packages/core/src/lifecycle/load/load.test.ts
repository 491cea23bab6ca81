import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeArchiveOf } from '../../../testing/archive.js';
import { storeWith } from '../../../testing/image.js';
import { servedRegistry } from '../../../testing/served-registry.js';
import { BASE, NAME, savePath, workspaceOf } from '../../../testing/workspace.js';
import { inspect } from '../inspect/inspect.js';
import { list } from '../inspect/list.js';
import { push } from '../push/push.js';
import { load, type LoadOptions } from './load.js';

/** A workspace with the archives `app.tar` and `db.tar`, each of one image. */
async function start() {
  const made = await workspaceOf();
  const { workspace, call, cwd } = made;
  for (const name of ['app', 'db'])
    await writeArchiveOf(join(cwd, `${name}.tar`), await storeWith(`${name}:1`, { seed: name }));
  const loadThem = (inputs: readonly string[], options: Partial<LoadOptions> = {}) =>
    load(workspace, inputs, { ...call, ...options });
  const isInStore = async (reference: string) =>
    inspect(workspace, `store:${reference}`, call).then(
      () => true,
      () => false,
    );
  return { ...made, load: loadThem, isInStore };
}

describe('a load', () => {
  it('puts images into the engine under their names; the next time it sends nothing', async () => {
    const { load, isInStore } = await start();
    const [loaded, other] = await load(['app.tar', 'db.tar']);
    expect(loaded).toMatchObject({
      ...{ input: 'app.tar', reference: 'docker.io/library/app:1', engine: 'embedded' },
      action: 'loaded',
    });
    expect(loaded?.bytesSent).toBeGreaterThan(0);
    expect(other?.reference).toBe('docker.io/library/db:1');
    expect(await isInStore('app:1')).toBe(true);
    expect(await load(['app.tar'])).toMatchObject([{ action: 'skipped', bytesSent: 0 }]);
    expect(await load(['app.tar'], { as: 'x:2' })).toMatchObject([
      { action: 'retagged', reference: 'docker.io/library/x:2', bytesSent: 0 },
    ]);
  });

  it('changes nothing when a later input is bad', async () => {
    const { load, isInStore } = await start();
    await expect(load(['app.tar', './absent.tar'])).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await isInStore('app:1')).toBe(false);
  });

  it('goes on with the others where the caller takes failures', async () => {
    const { load } = await start();
    const failures: string[] = [];
    const onFailure = ({ code }: { readonly code: string }) => void failures.push(code);
    const results = await load(['./absent.tar', 'db.tar'], { onFailure });
    expect([failures, results.map(({ input }) => input)]).toEqual([['NOT_FOUND'], ['db.tar']]);
  });

  it('loads the others if the content of one is damaged, and says so', async () => {
    const { load, isInStore, cwd } = await start();
    const path = join(cwd, 'app.tar');
    const bytes = await readFile(path);
    // The last layer ends before the two empty blocks at the end of the archive.
    bytes[bytes.length - 1024 - 513] = 255 - (bytes[bytes.length - 1024 - 513] ?? 0);
    await writeFile(path, bytes);
    await expect(load(['app.tar', 'db.tar'])).rejects.toMatchObject({
      code: 'CORRUPT',
      hint: expect.stringContaining('Already loaded: docker.io/library/db:1.') as string,
    });
    expect([await isInStore('app:1'), await isInStore('db:1')]).toEqual([false, true]);
    const failures: string[] = [];
    const onFailure = ({ code }: { readonly code: string }) => void failures.push(code);
    const results = await load(['app.tar', 'db.tar'], { onFailure });
    expect([failures, results.map(({ action }) => action)]).toEqual([['CORRUPT'], ['skipped']]);
  });

  it('foresees the same in a dry run', async () => {
    const { load, isInStore } = await start();
    const [planned] = await load(['app.tar'], { dryRun: true });
    expect(planned).toMatchObject({ action: 'loaded', imageId: null });
    expect(await isInStore('app:1')).toBe(false);
    const [loaded] = await load(['app.tar']);
    expect(loaded?.bytesSent).toBeLessThanOrEqual(planned?.bytesSent ?? 0);
  });

  it('of an archive of the catalog is remembered as its use', async () => {
    const { load, workspace, call } = await start();
    await savePath(workspace, BASE, call);
    await load([NAME]);
    expect(await list(workspace)).toMatchObject([{ name: NAME, usageCount: 1 }]);
  });
});

describe('an image of a registry', () => {
  async function pushed() {
    const started = await start();
    const { workspace, call } = started;
    const { host, requests } = await servedRegistry();
    const [result] = await push(workspace, ['app.tar'], { ...call, to: host });
    const asked = () => requests.splice(0).filter((each) => each !== 'GET /v2/');
    asked();
    return { ...started, asked, tag: result?.reference ?? '', digest: result?.digest ?? '' };
  }

  it('is not asked for by digest when the engine has it', async () => {
    const { load, asked, tag, digest } = await pushed();
    const byDigest = `docker://${tag}@${digest}`;
    expect(await load([byDigest])).toMatchObject([{ action: 'loaded' }]);
    asked();
    expect(await load([byDigest])).toMatchObject([{ action: 'skipped' }]);
    expect(asked()).toEqual([]);
  });

  it('is asked for by tag, unless what the engine has is enough', async () => {
    const { load, asked, tag } = await pushed();
    await load([`docker://${tag}`]);
    asked();
    expect(await load([`docker://${tag}`])).toMatchObject([{ action: 'skipped' }]);
    expect(asked()).toHaveLength(1);
    expect(await load([`docker://${tag}`], { ifNotPresent: true })).toMatchObject([
      { action: 'skipped' },
    ]);
    expect(asked()).toEqual([]);
  });

  it('is cached unless that is turned off, which is for registries alone', async () => {
    const { load, asked, tag } = await pushed();
    const blobs = () => asked().filter((each) => each.includes('/blobs/')).length;
    await load([`docker://${tag}`], { cache: false, as: 'a:1' });
    expect(blobs()).toBeGreaterThan(0);
    await expect(load(['app.tar'], { cache: false })).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('the name of an image', () => {
  it('is required; a tag alone needs a repository', async () => {
    const { load, cwd } = await start();
    const path = join(cwd, 'app.tar');
    const text = (await readFile(path, 'latin1')).replaceAll('image.name', 'image.nope');
    await writeFile(path, text.replace('"RepoTags"', '"RepoNope"'), 'latin1');
    await expect(load(['app.tar'])).rejects.toMatchObject({
      code: 'USAGE',
      hint: expect.stringMatching(/`as: REFERENCE`.*`repository`/) as string,
    });
    expect(await load(['app.tar'], { repository: 'team/app' })).toMatchObject([
      { reference: 'docker.io/team/app:1' },
    ]);
    expect(await load(['app.tar'], { as: 'named:1' })).toMatchObject([{ action: 'retagged' }]);
  });

  it('is given to one image only', async () => {
    const { load } = await start();
    await expect(load(['app.tar', 'db.tar'], { as: 'named:1' })).rejects.toMatchObject({
      code: 'USAGE',
    });
  });
});

it('an image of another platform than the wanted one is NOT_FOUND', async () => {
  const { load } = await start();
  const on = (architecture: string) =>
    load(['app.tar'], { platform: { os: 'linux', architecture } });
  await expect(on('arm64')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await on('amd64')).toHaveLength(1);
});

it('an archive without images is NOT_FOUND', async () => {
  const { load } = await start();
  const empty = join(import.meta.dirname, '../../../testing/golden/empty-oci.tar');
  await expect(load([empty])).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
