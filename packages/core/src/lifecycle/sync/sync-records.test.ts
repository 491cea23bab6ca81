import { describe, expect, it } from 'vitest';
import { nameImage, put } from '../../../testing/image.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import type { ImageRecord } from '../../catalog/record.js';
import type { Repository } from '../../distribution/repository.js';
import { formatManifest } from '../../oci/manifest.js';
import { MediaType } from '../../oci/media-types.js';
import {
  artifactOf,
  listSynced,
  recordTag,
  remoteRecord,
  type SyncRepository,
} from './sync-records.js';

const NAME = 'app-debian-12-base';
const RECORD: ImageRecord = {
  name: NAME,
  reference: 'docker.io/library/app:1',
  digest: `sha256:${'1'.repeat(64)}`,
  diffIds: [],
  facts: { compilers: [], packages: [], tools: [] },
};

/** A store in place of a repository, with the artifact of a record. */
async function repositoryWith(record: ImageRecord) {
  const store = new MemoryStore();
  const { nodes, root } = artifactOf(record);
  for (const { descriptor, bytes } of nodes) await put(store, descriptor.mediaType, bytes);
  return { store, root, repository: store as unknown as Repository };
}

describe('the artifact of a record', () => {
  it('depends on the record alone, and has all its nodes', () => {
    const { root, nodes, graph } = artifactOf(RECORD);
    expect(artifactOf({ ...RECORD }).root).toEqual(root);
    expect(artifactOf({ ...RECORD, reference: 'docker.io/library/b:1' }).root).not.toEqual(root);
    expect(nodes.map(({ descriptor }) => descriptor)).toEqual(graph.nodes);
    expect(nodes.at(-1)?.descriptor).toEqual(root);
  });

  it('is read back', async () => {
    const { repository, root } = await repositoryWith(RECORD);
    expect(await remoteRecord(repository, root, NAME, {})).toEqual(RECORD);
  });

  it('of another image, or without content, is CORRUPT', async () => {
    const { repository, root, store } = await repositoryWith(RECORD);
    await expect(remoteRecord(repository, root, 'other-debian-12-x', {})).rejects.toMatchObject({
      code: 'CORRUPT',
    });
    const config = await put(store, MediaType.empty, Buffer.from('{}'));
    const empty = await put(store, MediaType.manifest, formatManifest(config, []));
    await nameImage(store, empty, undefined);
    await expect(remoteRecord(repository, empty, NAME, {})).rejects.toThrow('without content');
  });
});

it('the images with a record are told by their tags', async () => {
  const tags = [recordTag(NAME), NAME, 'latest', 'Bad.record', '.record'];
  const repository = {
    tags: async function* () {
      yield* tags;
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
  const shared = { open: () => repository } as unknown as SyncRepository;
  expect([...(await listSynced(shared, {}))]).toEqual([NAME]);
  tags.push(`${NAME}.in-${'a'.repeat(32)}`);
  expect([...(await listSynced(shared, {}))]).toEqual([NAME]);
  await expect(listSynced(shared, { prune: true })).rejects.toMatchObject({ code: 'CONFLICT' });
});
