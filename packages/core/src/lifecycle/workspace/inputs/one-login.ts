import type { RegistryLoginOptions } from '../../../distribution/open-repository.js';
import { ImageError, shortList } from '../../../errors.js';
import type { Location } from '../../../location.js';
import { option, wording } from '../../../wording.js';

/**
 * Refuses a user name that several registries would get with its password.
 *
 * @param given locations and addresses of registries (`HOST[:PORT]`) that one call connects to.
 * @throws ImageError USAGE
 */
export function requireOneLogin(
  { username }: RegistryLoginOptions = {},
  given: readonly (Location | string | undefined)[],
): void {
  if (username === undefined) return;
  const hosts = new Set(
    given.flatMap((each) => {
      if (typeof each === 'string') return [each];
      return each?.kind === 'repository' ? [each.parsed.registry] : [];
    }),
  );
  if (hosts.size < 2) return;
  throw new ImageError(
    'USAGE',
    wording`${option('username', username)}: one login cannot be for several registries: ${shortList([...hosts], ' and ')}`,
    { hint: 'Log in to each with docker login or podman login.' },
  );
}
