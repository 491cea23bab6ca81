import { registryHandler, type RegistryHandlerOptions } from '../src/registry/handler/handler.js';
import { RegistryStore } from '../src/registry/storage/registry-store.js';
import { listening } from './listening.js';
import { clientOfRegistry } from './pushing.js';
import { temporaryFolder } from './temporary.js';

/** Serves a registry in a folder until the test ends. @returns a client of it, and its storage */
export async function serveStore(options: Partial<RegistryHandlerOptions> = {}) {
  const root = await temporaryFolder();
  const storage = new RegistryStore(root);
  const address = await listening(registryHandler({ reader: storage, storage, ...options }));
  const url = `http://${address}`;
  return { root, storage, url, ...clientOfRegistry(url) };
}
