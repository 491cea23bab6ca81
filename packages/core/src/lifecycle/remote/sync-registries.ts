import pLimit from 'p-limit';
import { ImageError } from '../../errors.js';
import { formatReference } from '../../oci/reference.js';
import { requireOneLogin } from '../workspace/inputs/one-login.js';
import { parseTarget, type PushTarget } from '../workspace/inputs/registry-address.js';
import { mapInputs, MOVED_IMAGES, REGISTRY_IMAGES } from '../workspace/inputs/map-inputs.js';
import type { Workspace } from '../workspace/workspace.js';
import {
  copyRepository,
  type CopiedTag,
  type CopyTagsOptions,
  type RepositoryPair,
} from './copy-tags.js';
import { listRepositories } from './list-registry.js';
import { RegistryClients } from './registry-clients.js';

/**
 * Copies all repositories of a registry, or those below a prefix, to another registry, as `copyTags` copies each of them.
 *
 * @param from `HOST[:PORT][/PREFIX]`; the registry must list its repositories.
 * @param to the same form: `PREFIX` there takes the place of `PREFIX` here.
 * @throws ImageError USAGE, NOT_FOUND (no repository there), UNSUPPORTED (no catalog), UNAUTHORIZED, DENIED, UNAVAILABLE
 */
export async function syncRegistries(
  workspace: Workspace,
  from: string,
  to: string,
  options: CopyTagsOptions,
): Promise<CopiedTag[]> {
  const [here, there] = [parseTarget(from, 'sync'), parseTarget(to, 'sync')];
  requireOneLogin(options.registry, [here.registry, there.registry]);
  const { repositories } = await listRepositories(workspace, from, options);
  if (repositories.length === 0)
    throw new ImageError('NOT_FOUND', `${from}: no repository to sync`, {
      location: from,
    });
  const names = repositories.map((name) => [name, nameThere(name, here, there)] as const);
  await using clients = new RegistryClients(workspace, options);
  const { KnownBlobs } = await import('../../distribution/upload/known-blobs.js');
  const known = new KnownBlobs();
  const limit = pLimit(MOVED_IMAGES);
  const pairs = names.map(([name, target]) => {
    const source = { registry: here.registry, repository: name };
    const destination = { registry: there.registry, repository: target };
    if (formatReference(source) === formatReference(destination))
      throw new ImageError('USAGE', `sync ${from} ${to}: source and destination are the same`);
    return { workspace, clients, known, source, destination, limit };
  });
  const copyOne = (pair: RepositoryPair, signal: AbortSignal) =>
    copyRepository(pair, { ...options, signal });
  const copying = { ...options, concurrency: REGISTRY_IMAGES };
  return (await mapInputs(pairs, copyOne, copying)).flat();
}

/** The name of a repository at the destination. @throws ImageError USAGE */
function nameThere(name: string, { prefix }: PushTarget, there: PushTarget): string {
  const below = name.slice(prefix.length).replace(/^\//, '');
  const parts = [there.prefix, below].filter((part) => part !== '');
  if (parts.length > 0) return parts.join('/');
  throw new ImageError(
    'USAGE',
    `${there.registry}: the name of the repository for ${name} is missing`,
    {
      hint: `For example ${there.registry}/${name}.`,
    },
  );
}
