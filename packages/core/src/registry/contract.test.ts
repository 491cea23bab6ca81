import { registryReaderContract } from '../../testing/contracts/registry-reader.js';
import { registryStorageContract } from '../../testing/contracts/registry-storage.js';
import { fillRegistry } from '../../testing/fill-registry.js';
import { listening } from '../../testing/listening.js';
import type { MemoryStore } from '../../testing/memory-store.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { RegistryClient } from '../distribution/transport/client.js';
import { surroundingsOf } from '../surroundings.js';
import { RegistryArchives } from './archives.js';
import { registryHandler } from './handler/handler.js';
import { RegistryMirror } from './mirror/mirror.js';
import { RegistryStore } from './storage/registry-store.js';

registryStorageContract(
  'a registry in a folder',
  async () => new RegistryStore(await temporaryFolder()),
);

registryReaderContract('a registry over archives', (content) =>
  RegistryArchives.open([{ source: content }]),
);

/** A mirror of a registry with that content. */
async function mirrorOf(content?: MemoryStore): Promise<RegistryMirror> {
  const upstream = new RegistryStore(await temporaryFolder());
  if (content) await fillRegistry(upstream, content);
  const address = await listening(registryHandler({ reader: upstream, storage: upstream }));
  const client = await RegistryClient.open(address, {
    credentials: async () => undefined,
    plainHttp: true,
    surroundings: surroundingsOf(),
  });
  return new RegistryMirror(new RegistryStore(await temporaryFolder()), [{ client, prefix: '' }]);
}

registryStorageContract('a mirror of an empty registry', () => mirrorOf());

registryReaderContract('a mirror of a registry with content', async (content) => {
  const mirror = await mirrorOf(content);
  // It lists the repositories that clients have asked for.
  for (const [repository, tag] of [
    ['team/app', '1'],
    ['team/tool', '2'],
  ] as const)
    await mirror.manifest(repository, tag);
  return mirror;
});
