import type { Descriptor } from '../src/oci/descriptor.js';
import { describe } from '../src/oci/descriptor.js';
import { children, parseManifest, referrerOf } from '../src/oci/manifest.js';
import { isManifestType, MediaType } from '../src/oci/media-types.js';
import { parseReference } from '../src/oci/reference.js';
import type { RegistryStorage } from '../src/registry/hosted.js';
import { oneChunk } from '../src/transfer/copy.js';
import { referrerGraphsOf } from '../src/transfer/graph/referrers.js';
import { readAll } from '../src/transfer/verified.js';
import { walk } from '../src/transfer/graph/walk.js';
import type { MemoryStore } from './memory-store.js';

/** Stores bytes as a blob of a repository. */
export async function putBlob(
  storage: RegistryStorage,
  repository: string,
  bytes: Uint8Array,
): Promise<Descriptor> {
  const descriptor = describe(MediaType.layer, bytes);
  const id = await storage.uploads.start(repository);
  await storage.uploads.append(repository, id, oneChunk(bytes));
  await storage.uploads.finish(repository, id, descriptor.digest);
  return descriptor;
}

/** Stores a manifest, as the request handler does. */
export async function putManifest(
  storage: RegistryStorage,
  repository: string,
  { mediaType, bytes, tags = [] }: ManifestToPut,
): Promise<Descriptor> {
  const manifest = parseManifest(mediaType, bytes);
  const descriptor = referrerOf(describe(mediaType, bytes), manifest, bytes);
  const needed = children(manifest).map(({ digest }) => digest);
  const stored = { descriptor, subject: manifest.subject?.digest, children: needed, bytes };
  await storage.putManifest(repository, stored, tags);
  return descriptor;
}

export interface ManifestToPut {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly tags?: readonly string[];
}

/** Stores every named image of `content` in its repository, with its referrers. */
export async function fillRegistry(storage: RegistryStorage, content: MemoryStore): Promise<void> {
  for await (const { reference, descriptor } of content.list()) {
    if (reference === undefined) continue;
    const { repository, tag } = parseReference(reference);
    const graph = await walk(content, descriptor);
    for (const { nodes } of [graph, ...(await referrerGraphsOf(content, [graph]))])
      for (const { mediaType, digest, size } of nodes) {
        const bytes = await readAll(content.read({ mediaType, digest, size }));
        const tags = tag !== undefined && digest === graph.root.digest ? [tag] : [];
        if (isManifestType(mediaType))
          await putManifest(storage, repository, { mediaType, bytes, tags });
        else await putBlob(storage, repository, bytes);
      }
  }
}
