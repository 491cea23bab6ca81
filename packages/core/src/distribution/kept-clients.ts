import type { Surroundings } from '../surroundings.js';
import type { RegistryClient } from './transport/client.js';

/** Clients that are kept for surroundings, by registry and options. */
const kept = new WeakMap<Surroundings, Map<string, Promise<RegistryClient>>>();

/**
 * Keeps the clients of registries, with their connections and tokens, that repositories are opened with for these
 * surroundings: for one registry and the same options there is one, until the result is disposed.
 */
export function keepClients(surroundings: Surroundings): AsyncDisposable {
  const clients = new Map<string, Promise<RegistryClient>>();
  kept.set(surroundings, clients);
  return {
    [Symbol.asyncDispose]: async () => {
      kept.delete(surroundings);
      for (const opened of clients.values())
        await (await opened.catch(() => undefined))?.[Symbol.asyncDispose]();
    },
  };
}

/**
 * Opens a client, or takes the one of this key that is kept.
 *
 * @returns the client, and whether the caller has to dispose it
 * @throws as `open`
 */
export async function keptClient(
  surroundings: Surroundings,
  key: string,
  open: () => Promise<RegistryClient>,
): Promise<{ readonly client: RegistryClient; readonly ownsClient: boolean }> {
  const clients = kept.get(surroundings);
  const opened = clients?.get(key) ?? open();
  clients?.set(key, opened);
  return { client: await opened, ownsClient: !clients };
}
