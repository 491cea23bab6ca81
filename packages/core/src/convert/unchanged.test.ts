import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../testing/memory-store.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { describe as describeBytes, type Descriptor } from '../oci/descriptor.js';
import { digestOf } from '../oci/digest.js';
import { parseJsonObject, type JsonObject } from '../oci/json.js';
import { MediaType } from '../oci/media-types.js';
import { copy, oneChunk } from '../transfer/copy.js';
import { readContent } from '../transfer/verified.js';
import { convertImage } from './convert-image.js';
import type { ConvertOptions } from './convert-options.js';

const TAR = Buffer.alloc(1024);
const DOCKER = 'application/vnd.docker.';

async function put(store: MemoryStore, mediaType: string, value: object | Uint8Array) {
  const bytes = value instanceof Uint8Array ? value : Buffer.from(JSON.stringify(value));
  const descriptor = describeBytes(mediaType, bytes);
  await store.write(descriptor, () => oneChunk(bytes));
  return descriptor;
}

/** A descriptor as Docker, crane, ko and kaniko write it: another order of keys. */
const shuffled = ({ mediaType, size, digest }: Descriptor, more: object = {}) => ({
  ...more,
  mediaType,
  size,
  digest,
});

/** An index whose documents have unknown fields and keys in an unusual order; one image for each architecture. */
async function unusualIndex(store: MemoryStore, { attested = false } = {}) {
  const layer = await put(store, `${DOCKER}image.rootfs.diff.tar.gzip`, gzipSync(TAR));
  const entries: object[] = [];
  const images = new Map<string, Descriptor>();
  for (const architecture of ['amd64', 'arm64', 's390x']) {
    const config = { architecture, os: 'linux', rootfs: { diff_ids: [digestOf(TAR)] } };
    const image = await put(store, `${DOCKER}distribution.manifest.v2+json`, {
      'x-unknown': { nested: [1, null] },
      layers: [shuffled(layer, { 'x-layer': true, urls: ['https://layers.example/1'], data: '' })],
      config: shuffled(await put(store, `${DOCKER}container.image.v1+json`, config), { x: 1 }),
      annotations: { a: 'b', number: 7 },
      mediaType: `${DOCKER}distribution.manifest.v2+json`,
      schemaVersion: 2,
    });
    images.set(architecture, image);
    const platform = { 'x-platform': 1, architecture, os: 'linux', features: ['sse4'] };
    entries.push({ platform, ...shuffled(image, { 'x-entry': [] }) });
    if (!attested) continue;
    const empty = await put(store, MediaType.empty, Buffer.from('{}'));
    const about = { 'vnd.docker.reference.digest': image.digest };
    const attestation = { schemaVersion: 2, config: empty, layers: [empty], n: architecture };
    entries.push({ ...(await put(store, MediaType.manifest, attestation)), annotations: about });
  }
  const type = `${DOCKER}distribution.manifest.list.v2+json`;
  const index = { mediaType: type, manifests: entries, 'x-index': 'kept', schemaVersion: 2 };
  const root = await put(store, type, index);
  await store.begin({ root, documents: new Map(), nodes: [], missing: [] });
  await store.commit();
  return { root, images, index };
}

async function convertUnusual(options: Partial<ConvertOptions>, made = {}) {
  const source = new MemoryStore();
  const { root, images, index } = await unusualIndex(source, made);
  const notices: string[] = [];
  await using converted = await convertImage(source, await source.resolve(), {
    spoolFolder: await temporaryFolder(),
    onNotice: (text) => void notices.push(text),
    ...options,
  });
  const store = new MemoryStore();
  await copy(converted.source, undefined, store);
  const document = async (node: Descriptor) => parseJsonObject(await readContent(store, node), '');
  return { to: converted.to, root, images, index, notices, document };
}

const platform = (architecture: string) => ({ os: 'linux', architecture });

describe('a conversion that changes nothing', () => {
  it.each<Partial<ConvertOptions>>([
    {},
    { compress: 'gzip' },
    { format: 'docker' },
    { platforms: ['s390x', 'arm64', 'amd64'].map(platform) },
  ])('keeps every byte: %j', async (options) => {
    for (const attested of [false, true]) {
      const { to, root, notices } = await convertUnusual(options, { attested });
      expect([to.digest, notices]).toEqual([root.digest, []]);
    }
  });

  it('keeps the image of one platform as the index names it', async () => {
    const { to, images } = await convertUnusual({ platforms: [platform('arm64')] });
    expect(to.digest).toBe(images.get('arm64')?.digest);
  });
});

describe('a conversion', () => {
  it('to fewer platforms keeps the other entries with their attestations, and all other fields', async () => {
    const platforms = ['arm64', 'amd64'].map(platform);
    const { to, index, document, notices } = await convertUnusual(
      { platforms },
      { attested: true },
    );
    const { manifests, ...rest } = index;
    const expected = { ...rest, manifests: manifests.slice(0, 4) };
    expect(JSON.stringify(sortless(await document(to)))).toBe(JSON.stringify(sortless(expected)));
    expect(notices).toEqual([]);
  });

  it('of layers edits their descriptors and keeps all other fields in their order', async () => {
    const { to, document } = await convertUnusual({ compress: 'none' });
    const [entry] = (await document(to))['manifests'] as (Descriptor & JsonObject)[];
    expect(Object.keys(entry ?? {})).toEqual([
      'platform',
      'x-entry',
      'mediaType',
      'size',
      'digest',
    ]);
    const manifest = entry && (await document(entry));
    expect(Object.keys(manifest ?? {})).toEqual([
      ...['x-unknown', 'layers', 'config', 'annotations', 'mediaType', 'schemaVersion'],
    ]);
    expect(manifest?.['annotations']).toEqual({ a: 'b', number: 7 });
    // `data` and `urls` are those of the compressed layer.
    expect(manifest?.['layers']).toEqual([
      {
        'x-layer': true,
        mediaType: `${DOCKER}image.rootfs.diff.tar`,
        size: TAR.byteLength,
        digest: digestOf(TAR),
      },
    ]);
  });

  it('to another format changes media types alone', async () => {
    const { to, document } = await convertUnusual({ format: 'oci' });
    const [entry] = (await document(to))['manifests'] as Descriptor[];
    const manifest = entry && (await document(entry));
    expect(manifest?.['layers']).toMatchObject([
      {
        'x-layer': true,
        urls: ['https://layers.example/1'],
        data: '',
        mediaType: MediaType.layerGzip,
      },
    ]);
    expect(manifest?.['config']).toMatchObject({ x: 1, mediaType: MediaType.config });
  });
});

/** The document with `manifests` last. */
function sortless({ manifests, ...rest }: JsonObject): JsonObject {
  return { ...rest, manifests };
}
