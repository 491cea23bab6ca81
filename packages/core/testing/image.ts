import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { packTar } from '../src/archive/tar/pack-tar.js';
import { describe, type Descriptor } from '../src/oci/descriptor.js';
import { digestOf, type Digest } from '../src/oci/digest.js';
import { formatManifest } from '../src/oci/manifest.js';
import { MediaType } from '../src/oci/media-types.js';
import type { Platform } from '../src/oci/platform.js';
import { oneChunk } from '../src/transfer/copy.js';
import { readAll } from '../src/transfer/verified.js';
import { MemoryStore } from './memory-store.js';

export interface ImageOptions {
  /** Equal seeds give equal images. */
  readonly seed?: string;
  readonly layers?: number;
  /** Size of the only file of each layer; 2000 when omitted. */
  readonly bytes?: number;
  readonly platform?: Platform;
  readonly gzip?: boolean;
  /** Whether the config has a history, with a step without a layer before each layer. */
  readonly history?: boolean;
}

/** Writes a small image into a store and names it. */
export async function writeImage(
  store: MemoryStore,
  reference: string | undefined,
  options: ImageOptions = {},
): Promise<Descriptor> {
  const root = await writeManifest(store, options);
  return nameImage(store, root, reference);
}

/** Writes an index with one image for each platform. */
export async function writeIndex(
  store: MemoryStore,
  reference: string,
  platforms: readonly Platform[],
  seed = '',
): Promise<Descriptor> {
  const manifests: Descriptor[] = [];
  for (const platform of platforms) {
    manifests.push({
      ...(await writeManifest(store, {
        platform,
        seed: `${seed}${platform.architecture}${platform['os.version'] ?? ''}`,
      })),
      platform,
    });
  }
  const bytes = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: MediaType.index, manifests }),
  );
  return nameImage(store, await put(store, MediaType.index, bytes), reference);
}

/** Writes an artifact without layers that refers to `subject`. @returns its descriptor, as a list of referrers shows it */
export async function writeReferrer(
  store: MemoryStore,
  { mediaType, digest, size }: Descriptor,
  { artifactType }: { readonly artifactType: string },
): Promise<Descriptor> {
  const config = await put(store, 'application/vnd.oci.empty.v1+json', Buffer.from('{}'));
  const annotations = { 'org.example.by': 'ada' };
  const manifest = {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    artifactType,
    config,
    layers: [],
    subject: { mediaType, digest, size },
    annotations,
  };
  const root = await put(store, MediaType.manifest, Buffer.from(JSON.stringify(manifest)));
  await nameImage(store, root, undefined);
  return { ...root, artifactType, annotations };
}

/** A fresh store with one image. */
export async function storeWith(
  reference: string,
  options: ImageOptions = {},
): Promise<MemoryStore> {
  const store = new MemoryStore();
  await writeImage(store, reference, options);
  return store;
}

async function writeManifest(store: MemoryStore, options: ImageOptions): Promise<Descriptor> {
  const {
    seed = 'a',
    layers = 2,
    bytes = 2000,
    platform = { os: 'linux', architecture: 'amd64' },
    gzip,
    history,
  } = options;
  const descriptors: Descriptor[] = [];
  const diffIds: Digest[] = [];
  for (let n = 0; n < layers; n++) {
    const body = seededBytes(`${seed}/${n}`, bytes);
    const tar = await readAll(
      packTar([{ name: `file-${n}`, size: body.byteLength, open: () => [body] }]),
      Infinity,
    );
    diffIds.push(digestOf(tar));
    descriptors.push(
      gzip
        ? await put(store, MediaType.layerGzip, gzipSync(tar))
        : await put(store, MediaType.layer, tar),
    );
  }
  const config = {
    ...platform,
    config: { Cmd: ['/file-0'] },
    rootfs: { type: 'layers', diff_ids: diffIds },
    ...(history ? { history: diffIds.flatMap(stepsOf) } : {}),
  };
  const configDescriptor = await put(store, MediaType.config, Buffer.from(JSON.stringify(config)));
  return put(store, MediaType.manifest, formatManifest(configDescriptor, descriptors));
}

function stepsOf(_diffId: Digest, at: number): readonly object[] {
  const created = '2026-01-01T00:00:00Z';
  return [
    { created, created_by: `ENV N=${at}`, empty_layer: true },
    { created, created_by: `COPY file-${at} /` },
  ];
}

export async function put(
  store: MemoryStore,
  mediaType: string,
  bytes: Uint8Array,
): Promise<Descriptor> {
  const descriptor = describe(mediaType, bytes);
  await store.write(descriptor, () => oneChunk(bytes));
  return descriptor;
}

export async function nameImage(
  store: MemoryStore,
  root: Descriptor,
  reference: string | undefined,
): Promise<Descriptor> {
  await store.begin({ root, documents: new Map(), nodes: [], missing: [] });
  if (reference !== undefined) await store.tag(root, reference);
  await store.commit();
  return root;
}

/** Pseudo-random bytes, always the same for a seed. */
function seededBytes(seed: string, length: number): Uint8Array {
  const blocks: Buffer[] = [];
  for (let n = 0; n * 32 < length; n++)
    blocks.push(createHash('sha256').update(`${seed}:${n}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
}
