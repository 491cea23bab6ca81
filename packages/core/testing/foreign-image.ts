import { gzipSync } from 'node:zlib';
import { describe, type Descriptor } from '../src/oci/descriptor.js';
import { digestOf } from '../src/oci/digest.js';
import { MediaType } from '../src/oci/media-types.js';
import { nameImage, put } from './image.js';
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
    config: await put(store, MediaType.dockerConfig, Buffer.from(JSON.stringify(config))),
    layers: [foreign, await put(store, MediaType.dockerLayerGzip, gzipSync(above))],
  };
  const root = await put(store, MediaType.dockerManifest, Buffer.from(JSON.stringify(manifest)));
  await nameImage(store, root, reference);
  return { root, foreign, content };
}
