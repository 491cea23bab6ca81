import type { Repository } from '../../distribution/repository.js';
import type { KnownBlobs } from '../../distribution/upload/known-blobs.js';
import type { RegistryClient } from '../../distribution/transport/client.js';
import type { Reference } from '../../oci/reference.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Workspace } from '../workspace/workspace.js';

/** A repository, without tag and digest. */
export type RepositoryName = Pick<Reference, 'registry' | 'repository'>;

/** Clients of registries, each opened by its first use. Dispose it when their repositories are no longer used. */
export class RegistryClients implements AsyncDisposable {
  readonly #workspace: Workspace;
  readonly #options: VerbOptions;
  readonly #clients = new Map<string, Promise<RegistryClient>>();

  constructor(workspace: Workspace, options: VerbOptions) {
    this.#workspace = workspace;
    this.#options = options;
  }

  /** Opens a registry. @throws ImageError USAGE (credentials, certificates) */
  client(registry: string): Promise<RegistryClient> {
    const known = this.#clients.get(registry) ?? this.#open(registry);
    this.#clients.set(registry, known);
    return known;
  }

  /** Opens the repository of a reference. @throws ImageError USAGE */
  async repository(
    { registry, repository }: RepositoryName,
    { known }: { readonly known?: KnownBlobs | undefined } = {},
  ): Promise<Repository> {
    const { Repository } = await import('../../distribution/repository.js');
    const { foreignLayers } = this.#options;
    const options = { foreignLayers, ...(known ? { known } : {}) };
    return new Repository(await this.client(registry), repository, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opened of await Promise.allSettled(this.#clients.values()))
      if (opened.status === 'fulfilled') await opened.value[Symbol.asyncDispose]();
  }

  async #open(registry: string): Promise<RegistryClient> {
    // Loaded on demand: the HTTP client loads slowly.
    const { openRegistry } = await import('../../distribution/open-repository.js');
    return openRegistry(registry, this.#options.registry, this.#workspace.surroundings);
  }
}
