import { join } from 'node:path';
import { openRegistryFolder } from '@stowage/core/registry';
import { fillRegistry } from '../../packages/core/testing/fill-registry.js';
import { writeImage, writeIndex, writeReferrer } from '../../packages/core/testing/image.js';
import { MemoryStore } from '../../packages/core/testing/memory-store.js';
import { temporaryFolder } from './run.js';

const PLATFORMS = ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture }));

/** Writes the folder of a registry with every kind of content that its pages show. */
export async function writeRegistryFolder() {
  const root = join(await temporaryFolder(), 'registry');
  const content = new MemoryStore();
  const image = await writeImage(content, 'r.example/team/app:1.9.0', { history: true, layers: 3 });
  await writeImage(content, 'r.example/team/app:1.10.0', { history: true, layers: 4 });
  await writeReferrer(content, image, { artifactType: 'application/spdx+json' });
  const index = await writeIndex(content, 'r.example/team/app:1.10-all', PLATFORMS);
  await writeImage(content, 'r.example/team/tools/gcc:15', { bytes: 300_000, seed: 'gcc' });
  await writeImage(content, 'r.example/other:edge', { bytes: 20_000, seed: 'other' });
  await using storage = openRegistryFolder(root);
  await fillRegistry(storage, content);
  return { root, image: image.digest, index: index.digest };
}
