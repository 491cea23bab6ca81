import { describe, expect, it } from 'vitest';
import type { Descriptor } from '../../src/oci/descriptor.js';
import { digestOf } from '../../src/oci/digest.js';
import type { RegistryReader } from '../../src/registry/hosted.js';
import { readAll } from '../../src/transfer/verified.js';
import { walk } from '../../src/transfer/graph/walk.js';
import { writeImage, writeIndex, writeReferrer } from '../image.js';
import { MemoryStore } from '../memory-store.js';

const APP = 'team/app';
const TOOL = 'team/tool';
const ABSENT = digestOf(Buffer.from('content of no repository'));

/** Two repositories: one with an image of two tags, an index and two referrers of the image, another with one image. */
async function exampleContent() {
  const content = new MemoryStore();
  const image = await writeImage(content, `example.com/${APP}:1`, { bytes: 5000 });
  await content.tag(image, `example.com/${APP}:latest`);
  const platforms = ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture }));
  const index = await writeIndex(content, `example.com/${APP}:multi`, platforms, 'multi');
  const tool = await writeImage(content, `example.com/${TOOL}:2`, { seed: 'tool' });
  const referrers: Descriptor[] = [];
  for (const artifactType of ['text/x-signature', 'text/x-sbom'])
    referrers.push(await writeReferrer(content, image, { artifactType }));
  referrers.sort((one, other) => (one.digest < other.digest ? -1 : 1));
  return { content, image, index, tool, referrers };
}

async function listed(all: AsyncIterable<Descriptor>): Promise<Descriptor[]> {
  const found: Descriptor[] = [];
  for await (const each of all) found.push(each);
  return found;
}

/** The contract of every registry reader. `create` makes one that serves the named images of `content`. */
export function registryReaderContract(
  name: string,
  create: (content: MemoryStore) => Promise<RegistryReader>,
): void {
  const example = async () => {
    const made = await exampleContent();
    return { ...made, reader: await create(made.content) };
  };

  describe(`${name} is a registry reader`, () => {
    it('lists repositories and tags, sorted and in pages', async () => {
      const { reader } = await example();
      await using _ = reader;
      expect(await reader.repositories()).toEqual([APP, TOOL]);
      expect(await reader.repositories({ limit: 1 })).toEqual([APP]);
      expect(await reader.repositories({ after: APP })).toEqual([TOOL]);
      expect(await reader.tags(APP)).toEqual(['1', 'latest', 'multi']);
      expect(await reader.tags(APP, { after: '1', limit: 1 })).toEqual(['latest']);
      expect(await reader.tags(APP, { limit: 0 })).toEqual([]);
      expect(await reader.tags('team/none')).toBeUndefined();
    });

    it('resolves tags and digests to manifests only', async () => {
      const { reader, content, image, index } = await example();
      await using _ = reader;
      for (const [reference, expected] of [
        ['1', image],
        ['latest', image],
        [image.digest, image],
        ['multi', index],
      ] as const) {
        const { mediaType, digest, size } = expected;
        expect(await reader.manifest(APP, reference)).toMatchObject({ mediaType, digest, size });
      }
      const [layer] = (await walk(content, image)).nodes;
      for (const absent of ['none', ABSENT, layer?.digest ?? ''])
        expect(await reader.manifest(APP, absent)).toBeUndefined();
      expect(await reader.manifest('team/none', '1')).toBeUndefined();
    });

    it('has the content of a repository in that repository only', async () => {
      const { reader, content, image, tool } = await example();
      await using _ = reader;
      for (const { digest, size } of (await walk(content, image)).nodes)
        expect(await reader.blob(APP, digest)).toMatchObject({ digest, size });
      expect(await reader.blob(APP, tool.digest)).toBeUndefined();
      expect(await reader.blob(TOOL, image.digest)).toBeUndefined();
      expect(await reader.blob(APP, ABSENT)).toBeUndefined();
    });

    it('reads all content, and any part of it', async () => {
      const { reader, content, image } = await example();
      await using _ = reader;
      for (const node of (await walk(content, image)).nodes) {
        await reader.blob(APP, node.digest);
        const whole = Buffer.from(await readAll(content.read(node)));
        expect(Buffer.from(await readAll(reader.read(APP, node)))).toEqual(whole);
        const part = await readAll(reader.read(APP, node, { start: 7, end: 40 }));
        expect(Buffer.from(part)).toEqual(whole.subarray(7, 40));
      }
    });

    it('throws NOT_FOUND for content that the repository does not have', async () => {
      const { reader, image } = await example();
      await using _ = reader;
      for (const [repository, descriptor] of [
        [TOOL, image],
        ['team/none', image],
        [APP, { ...image, digest: ABSENT }],
      ] as const)
        await expect(readAll(reader.read(repository, descriptor))).rejects.toMatchObject({
          code: 'NOT_FOUND',
        });
    });

    it('lists referrers by digest, all or those of one artifact type', async () => {
      const { reader, image, tool, referrers } = await example();
      await using _ = reader;
      const found = await listed(reader.referrers(APP, image.digest));
      expect(found).toEqual(referrers);
      const [first, second] = referrers;
      const { digest: after } = first ?? image;
      expect(await listed(reader.referrers(APP, image.digest, { after }))).toEqual([second]);
      const { artifactType } = second ?? image;
      const ofType = reader.referrers(APP, image.digest, { artifactType });
      expect(await listed(ofType)).toEqual([second]);
      for (const [repository, digest] of [
        [APP, tool.digest],
        [TOOL, image.digest],
        ['team/none', image.digest],
      ] as const)
        expect(await listed(reader.referrers(repository, digest))).toEqual([]);
    });
  });
}
