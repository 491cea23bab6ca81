import type { Surroundings } from '../surroundings.js';
import type { RegistryClient } from './transport/client.js';

/** Clients by registry and options, and how many callers keep them. */
interface Kept {
  readonly clients: Map<string, Promise<RegistryClient>>;
  keepers: number;
}

const all = new WeakMap<Surroundings, Kept>();

/**
 * Keeps the clients of registries, with their connections and tokens, that repositories are opened with for these
 * surroundings: for one registry and the same options there is one, until every result for these surroundings is disposed.
 */
export function keepClients(surroundings: Surroundings): AsyncDisposable {
  const kept: Kept = all.get(surroundings) ?? { clients: new Map(), keepers: 0 };
  all.set(surroundings, kept);
  kept.keepers++;
  let isDisposed = false;
  return {
    [Symbol.asyncDispose]: async () => {
      if (isDisposed) return;
      isDisposed = true;
      if (--kept.keepers > 0) return;
      all.delete(surroundings);
      for (const opened of kept.clients.values())
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
  const clients = all.get(surroundings)?.clients;
  const opened = clients?.get(key) ?? open();
  clients?.set(key, opened);
  return { client: await opened, ownsClient: !clients };
}
