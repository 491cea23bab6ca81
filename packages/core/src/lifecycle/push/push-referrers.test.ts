import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeImage, writeReferrer } from '../../../testing/image.js';
import { listening } from '../../../testing/listening.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { ArchiveWriter } from '../../archive/archive-writer.js';
import { registryHandler } from '../../registry/handler/handler.js';
import { RegistryStore } from '../../registry/storage/registry-store.js';
import { copy } from '../../transfer/copy.js';
import { readAll } from '../../transfer/verified.js';
import { openWorkspace } from '../workspace/workspace.js';
import { push } from './push.js';

/** An archive of an image, its SBOM and the signature of that SBOM, and a registry that notes the manifests it gets. */
async function start() {
  const { call, cwd } = await workspaceOf();
  const env = { ...process.env, STOWAGE_CACHE_DIR: join(cwd, 'cache') };
  const workspace = await openWorkspace(cwd, { surroundings: { env } });
  const content = new MemoryStore();
  const image = await writeImage(content, 'app:1', { bytes: 10 });
  const sbom = await writeReferrer(content, image, { artifactType: 'application/spdx+json' });
  const signature = await writeReferrer(content, sbom, { artifactType: 'application/x-signature' });
  const path = join(cwd, 'app.tar');
  await using writer = new ArchiveWriter(path, async (bytes) =>
    writeFile(path, await readAll(bytes, Infinity)),
  );
  for (const { digest } of [image, sbom, signature])
    await copy(content, digest, writer, digest === image.digest ? { as: 'app:1' } : {});
  await writer.commit();
  const reader = new RegistryStore(join(cwd, 'registry'));
  const handle = registryHandler({ reader, storage: reader });
  const put: string[] = [];
  const host = await listening((request, response) => {
    const [, reference] = /\/manifests\/([^/]+)$/.exec(request.url ?? '') ?? [];
    if (request.method === 'PUT' && reference !== undefined) put.push(reference);
    handle(request, response);
  });
  const pushTo = async (options = {}) => {
    put.length = 0;
    const results = await push(workspace, [path], { ...call, to: `${host}/a`, ...options });
    const actions = results.map(({ action, digest }) => [action, digest]);
    return { actions, manifests: [...put].sort() };
  };
  const digests = [sbom.digest, signature.digest].sort();
  return { pushTo, image: image.digest, digests };
}

it('the signature of an SBOM is pushed once, with its image', async () => {
  const { pushTo, image, digests } = await start();
  expect(await pushTo()).toEqual({
    actions: [['pushed', image]],
    manifests: ['1', ...digests].sort(),
  });
  expect(await pushTo()).toEqual({ actions: [['skipped', image]], manifests: [] });
});

it.each([{}, { onExistingTag: 'skip' }, { onExistingTag: 'merge' }] as const)(
  'an image that the tag names already gets the referrers that it lacks: %j',
  async (options) => {
    const { pushTo, image, digests } = await start();
    expect((await pushTo({ referrers: false })).manifests).toEqual(['1']);
    expect(await pushTo({ ...options, referrers: false })).toEqual({
      actions: [['skipped', image]],
      manifests: [],
    });
    expect(await pushTo(options)).toEqual({ actions: [['pushed', image]], manifests: digests });
    expect(await pushTo(options)).toEqual({ actions: [['skipped', image]], manifests: [] });
  },
);
