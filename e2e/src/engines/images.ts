import { join } from 'node:path';
import { ArchiveWriter, copyGraph, walk, writeAtomically, type Descriptor } from '@stowage/core';
import { nameImage, put, storeWith, writeIndex } from '../../../packages/core/testing/image.js';
import { MemoryStore } from '../../../packages/core/testing/memory-store.js';
import { temporaryFolder } from '../run.js';

const [INDEX, MANIFEST, CONFIG, LAYER] = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.oci.image.layer.v1.tar',
];
const AMD64 = { os: 'linux', architecture: 'amd64' };

/** Writes an image of a store as an archive, without the content that the store lacks. @returns its path */
export async function archiveOf(store: MemoryStore, reference: string): Promise<string> {
  const path = join(await temporaryFolder(), 'image.tar');
  const { descriptor } = await store.resolve(reference);
  const graph = await walk(store, descriptor, { missing: 'report' });
  await using sink = new ArchiveWriter(path, (archive) => writeAtomically(path, archive));
  await copyGraph(store, graph, sink);
  await sink.tag(descriptor, reference);
  await sink.commit();
  return path;
}

/** An index of two platforms. @returns the store, the index, and the image for linux/amd64 */
export async function twoPlatforms(reference: string, seed: string) {
  const store = new MemoryStore();
  const arm64 = { os: 'linux', architecture: 'arm64' };
  const index = await writeIndex(store, reference, [AMD64, arm64], seed);
  const { documents } = await walk(store, index);
  const [amd64, other] = [...documents.values()].flatMap(({ descriptor, manifest }) =>
    manifest?.kind === 'image' ? [descriptor] : [],
  );
  if (!amd64 || !other) throw new TypeError('expected two images');
  return { store, index, amd64, other };
}

/** The same index where the content for linux/arm64 is absent, as after `docker pull` on linux/amd64. */
export async function pulledIndex(reference: string, seed: string) {
  const { store, other, ...images } = await twoPlatforms(reference, seed);
  for (const { digest } of (await walk(store, other)).nodes) store.blobs.delete(digest);
  return { store, ...images };
}

/** An index of one image with an attestation, as BuildKit makes by default. */
export async function attestedImage(reference: string, seed: string) {
  const store = await storeWith(reference, { seed });
  return { store, ...(await attest(store, reference)) };
}

/** Names an index of an image and its attestation in place of the image. */
export async function attest(store: MemoryStore, reference: string) {
  const { descriptor: image } = await store.resolve(reference);
  const attestation = await attestationOf(store, image);
  const manifests = [{ ...image, platform: AMD64 }, attestation];
  const index = await document(store, INDEX, { schemaVersion: 2, mediaType: INDEX, manifests });
  await nameImage(store, index, reference);
  return { index, image, attestation };
}

async function attestationOf(store: MemoryStore, image: Descriptor): Promise<Descriptor> {
  const statement = { predicateType: 'https://slsa.dev/provenance/v0.2' };
  const layer = await document(store, 'application/vnd.in-toto+json', statement);
  const unknown = { os: 'unknown', architecture: 'unknown' };
  const rootfs = { type: 'layers', diff_ids: [layer.digest] };
  const config = await document(store, CONFIG, { ...unknown, config: {}, rootfs });
  const manifest = { schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer] };
  return {
    ...(await document(store, MANIFEST, manifest)),
    annotations: {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': image.digest,
    },
    platform: unknown,
  };
}

/** An image whose only layer is no tar, with digests that are right. */
export async function imageThatCannotUnpack(reference: string): Promise<MemoryStore> {
  const store = new MemoryStore();
  const layer = await put(store, LAYER, Buffer.from('this is no tar'.repeat(100)));
  const rootfs = { type: 'layers', diff_ids: [layer.digest] };
  const config = await document(store, CONFIG, { ...AMD64, config: {}, rootfs });
  const manifest = { schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer] };
  await nameImage(store, await document(store, MANIFEST, manifest), reference);
  return store;
}

function document(store: MemoryStore, mediaType: string, value: object): Promise<Descriptor> {
  return put(store, mediaType, Buffer.from(JSON.stringify(value)));
}
