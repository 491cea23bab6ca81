import { createHash } from 'node:crypto';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeWith } from '../../../../testing/image.js';
import { temporaryFolder } from '../../../../testing/temporary.js';
import { hexOf } from '../../../oci/digest.js';
import { readAll } from '../../../transfer/verified.js';
import { importImages } from './import-images.js';
import { RegistryStore } from '../registry-store.js';

const DISTRIBUTION = 'docker/registry/v2';

/** Writes a file below a folder. */
async function put(root: string, path: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

/** Folders of other registries with one image, `team/app:1`, and an empty one to import to. */
async function start(kind: 'docker-registry' | 'zot' | 'layout') {
  const [folder, root] = [await temporaryFolder(), join(await temporaryFolder(), 'mine')];
  const image = await storeWith('team/app:1', { layers: 1, bytes: 100 });
  const { descriptor } = await image.resolve();
  const hex = hexOf(descriptor.digest);
  const blobs = [...image.blobs].map(([digest, bytes]) => ({ hex: hexOf(digest), digest, bytes }));
  const pathOf = (each: string) =>
    kind === 'docker-registry'
      ? `${DISTRIBUTION}/blobs/sha256/${each.slice(0, 2)}/${each}/data`
      : `${kind === 'zot' ? 'team/app/' : ''}blobs/sha256/${each}`;
  for (const each of blobs) await put(folder, pathOf(each.hex), each.bytes);
  if (kind === 'docker-registry') {
    const manifests = `${DISTRIBUTION}/repositories/team/app/_manifests`;
    await put(folder, `${manifests}/revisions/sha256/${hex}/link`, descriptor.digest);
    await put(folder, `${manifests}/tags/1/current/link`, `${descriptor.digest}\n`);
  } else {
    const at = kind === 'zot' ? 'team/app/' : '';
    const name = kind === 'zot' ? '1' : 'r.example/team/app:1';
    const annotations = {
      [kind === 'zot' ? 'org.opencontainers.image.ref.name' : 'io.containerd.image.name']: name,
    };
    const index = { schemaVersion: 2, manifests: [{ ...descriptor, annotations }] };
    await put(folder, `${at}oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
    await put(folder, `${at}index.json`, JSON.stringify(index));
  }
  const store = new RegistryStore(root);
  const layer = blobs.find(({ bytes }) => bytes.byteLength > 1000);
  const layerPath = join(folder, pathOf(layer?.hex ?? ''));
  const manifestPath = join(folder, pathOf(hex));
  const run = () => importImages(folder, root);
  return { folder, root, run, store, descriptor, layer, layerPath, manifestPath };
}

describe.each(['docker-registry', 'zot', 'layout'] as const)('the folder of %s', (kind) => {
  it('is imported with its digests and tags, and shares its blobs', async () => {
    const { run, store, descriptor, root, layer, layerPath } = await start(kind);
    expect(await run()).toMatchObject({
      ...{ repositories: 1, tags: 1, manifests: 1, linked: 2, copied: 0, skipped: [] },
    });
    expect(await store.repositories()).toEqual(['team/app']);
    expect((await store.manifest('team/app', '1'))?.digest).toBe(descriptor.digest);
    const blob = layer && (await store.blob('team/app', layer.digest));
    if (!blob) throw new Error('expected the layer');
    expect(await readAll(store.read('team/app', blob))).toEqual(Buffer.from(layer.bytes));
    const mine = await stat(join(root, 'blobs/sha256', layer.hex));
    expect(mine.ino).toBe((await stat(layerPath)).ino);
  });

  it('is imported again without taking anything', async () => {
    const { run } = await start(kind);
    await run();
    expect(await run()).toMatchObject({ tags: 1, manifests: 1, linked: 0, copied: 0, bytes: 0 });
  });

  it('is not believed: a damaged blob leaves its image out', async () => {
    const { run, store, layerPath, descriptor, root } = await start(kind);
    await writeFile(layerPath, 'damaged');
    const { manifests, skipped } = await run();
    expect(manifests).toBe(0);
    expect(skipped).toEqual([
      {
        image: `team/app@${descriptor.digest}`,
        reason: expect.stringMatching(/the content has the digest sha256:/) as string,
      },
    ]);
    expect(await store.manifest('team/app', '1')).toBeUndefined();
    expect((await readdir(join(root, 'blobs/sha256')).catch(() => [])).length).toBeLessThan(2);
  });
});

it.each([
  ['{"schemaVersion":1}', 'schemaVersion 1, not 2'],
  ['[]', 'schemaVersion none, not 2'],
  ['{', ''],
])('a manifest %s is left out', async (text, reason) => {
  const { folder, run } = await start('docker-registry');
  const hex = createHash('sha256').update(text).digest('hex');
  await put(folder, `${DISTRIBUTION}/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`, text);
  const revisions = `${DISTRIBUTION}/repositories/team/app/_manifests/revisions/sha256`;
  await put(folder, `${revisions}/${hex}/link`, `sha256:${hex}`);
  const { manifests, skipped } = await run();
  expect(manifests).toBe(1);
  expect(skipped).toMatchObject([{ image: `team/app@sha256:${hex}` }]);
  expect(skipped[0]?.reason).toContain(reason);
});

it('links of docker-registry that are none, and names that are none, are left out', async () => {
  const { folder, run, store } = await start('docker-registry');
  const repositories = `${DISTRIBUTION}/repositories`;
  await put(folder, `${repositories}/team/app/_manifests/revisions/sha256/x/link`, '../../x');
  await put(folder, `${repositories}/team/app/_manifests/tags/-bad/current/link`, 'x');
  await put(folder, `${repositories}/Team/_manifests/revisions/sha256/x/link`, 'x');
  expect(await run()).toMatchObject({ repositories: 1, tags: 1, manifests: 1, skipped: [] });
  expect(await store.tags('team/app')).toEqual(['1']);
});

it('a folder that is not there, or of no registry, is an error', async () => {
  const root = await temporaryFolder();
  for (const folder of [join(root, 'absent'), root])
    await expect(importImages(folder, join(root, 'mine'))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
});
