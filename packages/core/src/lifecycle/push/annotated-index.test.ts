import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeImage } from '../../../testing/image.js';
import { listening } from '../../../testing/listening.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import { clientOfRegistry } from '../../../testing/pushing.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { ArchiveWriter } from '../../archive/archive-writer.js';
import { MediaType } from '../../oci/media-types.js';
import { parsePlatform } from '../../oci/platform.js';
import { registryHandler } from '../../registry/handler/handler.js';
import { RegistryStore } from '../../registry/storage/registry-store.js';
import { copy } from '../../transfer/copy.js';
import { readAll } from '../../transfer/verified.js';
import { walk } from '../../transfer/graph/walk.js';
import { openWorkspace } from '../workspace/workspace.js';
import { annotateImage } from './annotated-index.js';
import { push, type PushOptions } from './push.js';

const VERSION = { 'org.opencontainers.image.version': '1.2.3' };

/** An archive of an image, and a registry. */
async function start() {
  const { call, cwd } = await workspaceOf();
  const env = { ...process.env, STOWAGE_CACHE_DIR: join(cwd, 'cache') };
  const workspace = await openWorkspace(cwd, { surroundings: { env } });
  const content = new MemoryStore();
  const platform = parsePlatform('linux/arm64');
  const image = await writeImage(content, 'app:1', { platform, bytes: 10 });
  const path = join(cwd, 'app.tar');
  await using writer = new ArchiveWriter(path, async (bytes) =>
    writeFile(path, await readAll(bytes, Infinity)),
  );
  await copy(content, image.digest, writer, { as: 'app:1' });
  await writer.commit();
  const reader = new RegistryStore(join(cwd, 'registry'));
  const host = await listening(registryHandler({ reader, storage: reader }));
  const pushAs = async (options: Partial<PushOptions>) => {
    const [result] = await push(workspace, [path], { ...call, to: host, tag: 'app:1', ...options });
    return result;
  };
  const manifest = async (reference: string) =>
    (await (
      await clientOfRegistry(`http://${host}`).ask('GET', `/v2/app/manifests/${reference}`, {
        headers: { accept: `${MediaType.index}, ${MediaType.manifest}` },
      })
    ).json()) as Record<string, unknown>;
  return { pushAs, manifest, digest: image.digest, platform };
}

it('annotations are in an index beside the image, which keeps its digest', async () => {
  const { pushAs, manifest, digest, platform } = await start();
  const pushed = await pushAs({ annotations: VERSION });
  expect(pushed).toMatchObject({ action: 'pushed' });
  const index = await manifest('1');
  expect(index).toMatchObject({
    mediaType: MediaType.index,
    annotations: VERSION,
    manifests: [{ digest, platform }],
  });
  expect(await manifest(digest)).toMatchObject({ mediaType: MediaType.manifest });
  const again = await pushAs({ annotations: VERSION });
  expect(again).toMatchObject({ action: 'skipped', digest: pushed?.digest });
  const foreseen = await pushAs({ annotations: VERSION, dryRun: true });
  expect(foreseen?.digest).toBe(pushed?.digest);
  const other = await pushAs({ annotations: { ...VERSION, more: 'x' }, tag: 'app:2' });
  expect(other).toMatchObject({ action: 'pushed', blobs: { sent: 0 } });
  const expected = { code: 'CONFLICT' };
  await expect(pushAs({ annotations: {}, onExistingTag: 'error' })).rejects.toMatchObject(expected);
});

it('an index keeps its fields and its own annotations', async () => {
  const source = new MemoryStore();
  const image = await writeImage(source, 'a:1', { bytes: 10 });
  const graph = await walk(source, image);
  const one = await annotateImage({ source, graph }, { kept: 'yes' }, {});
  const two = await annotateImage(one, VERSION, {});
  const index = JSON.parse(
    Buffer.from(two.graph.documents.get(two.graph.root.digest)?.bytes ?? []).toString(),
  ) as Record<string, unknown>;
  expect(index).toMatchObject({
    annotations: { kept: 'yes', ...VERSION },
    manifests: [{ digest: image.digest }],
  });
  expect(two.graph.nodes.map(({ digest }) => digest)).toContain(one.graph.root.digest);
});

it('annotations and a merge of indexes are refused together, before any connection', async () => {
  const { pushAs } = await start();
  const options = { annotations: VERSION, onExistingTag: 'merge', to: '127.0.0.1:9' } as const;
  await expect(pushAs(options)).rejects.toMatchObject({ code: 'USAGE' });
});
