import type { ShareRepository } from '../definition/settings/share-settings.js';
import type { RegistryLoginOptions } from '../distribution/open-repository.js';
import type { Repository } from '../distribution/repository.js';
import type { Surroundings } from '../surroundings.js';

/** A share is asked before every build, so one that is down must not hold builds up. */
const ASKING: RegistryLoginOptions = { connectTimeout: 3_000, timeout: 10_000, retries: 0 };
/** While content moves, a failure is worth another try. */
const MOVING: RegistryLoginOptions = { connectTimeout: 3_000 };

/** The name of a repository of the share, as messages and references write it. */
export function shareName({ registry, repository }: ShareRepository): string {
  return `${registry}/${repository}`;
}

/** Opens a repository of the share, to ask it for one image or to move content; dispose it. @throws ImageError USAGE */
export async function openShare(
  share: ShareRepository,
  purpose: 'asking' | 'moving',
  surroundings: Surroundings,
): Promise<Repository> {
  // Loaded on demand: the HTTP client loads slowly.
  const { openRepository } = await import('../distribution/open-repository.js');
  const options = purpose === 'asking' ? ASKING : MOVING;
  const { plainHttp } = share;
  return await openRepository(shareName(share), { ...options, plainHttp }, surroundings);
}
