import { gzipSync } from 'node:zlib';
import { describe, type Descriptor } from '../src/oci/descriptor.js';
import { digestOf } from '../src/oci/digest.js';
import { MediaType } from '../src/oci/media-types.js';
import { oneChunk } from '../src/transfer/copy.js';
import type { MemoryStore } from './memory-store.js';

/** An image as Windows images were: its lowest layer is foreign, and only its publisher has it. */
export interface ForeignImage {
  readonly root: Descriptor;
  readonly foreign: Descriptor;
  readonly content: Uint8Array;
}

/** Writes an image without the content of its foreign layer, whose URLs are `urls`. */
export async function writeForeignImage(
  store: MemoryStore,
  reference: string,
  urls: readonly string[],
): Promise<ForeignImage> {
  const put = async (mediaType: string, bytes: Uint8Array): Promise<Descriptor> => {
    const descriptor = describe(mediaType, bytes);
    await store.write(descriptor, () => oneChunk(bytes));
    return descriptor;
  };
  const [below, above] = [Buffer.alloc(1024), Buffer.alloc(2048)];
  const content = gzipSync(below);
  const config = {
    architecture: 'amd64',
    os: 'windows',
    'os.version': '10.0.17763.1',
    rootfs: { type: 'layers', diff_ids: [digestOf(below), digestOf(above)] },
  };
  const foreign = { ...describe(MediaType.dockerForeignGzip, content), urls };
  const manifest = {
    schemaVersion: 2,
    mediaType: MediaType.dockerManifest,
    config: await put(MediaType.dockerConfig, Buffer.from(JSON.stringify(config))),
    layers: [foreign, await put(MediaType.dockerLayerGzip, gzipSync(above))],
  };
  const root = await put(MediaType.dockerManifest, Buffer.from(JSON.stringify(manifest)));
  await store.begin({ root, documents: new Map(), nodes: [], missing: [] });
  await store.tag(root, reference);
  await store.commit();
  return { root, foreign, content };
}
