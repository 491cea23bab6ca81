import { ImageError } from '../../errors.js';
import { parseRepositoryLocation, type RepositoryLocation } from '../../location.js';
import { familiarReference, formatReference, splitReference } from '../../oci/reference.js';
import type { RepositoryName } from './registry-clients.js';

/**
 * Parses an image of a registry, with or without `docker://`. The registry must be written: a mistyped path or tag must not be
 * sent to Docker Hub.
 *
 * @throws ImageError USAGE
 */
export function parseRemoteImage(text: string): RepositoryLocation {
  const location = parseRepositoryLocation(text);
  const { reference, parsed } = location;
  if (reference.startsWith(`${parsed.registry}/`)) return location;
  throw new ImageError('USAGE', `${text}: the host of the registry is missing`, {
    hint: `Write ${formatReference(parsed)} for ${familiarReference(parsed)} of Docker Hub.`,
  });
}

/** Parses a repository without tag and digest. @throws ImageError USAGE */
export function parseRegistryRepository(text: string): RepositoryName {
  const { reference, parsed } = parseRemoteImage(text);
  const { tag, digest } = splitReference(reference);
  const { registry, repository } = parsed;
  if (tag === undefined && digest === undefined) return { registry, repository };
  throw new ImageError(
    'USAGE',
    `${text}: give HOST[:PORT]/REPOSITORY without ${tag === undefined ? 'a digest' : 'a tag'}`,
  );
}
