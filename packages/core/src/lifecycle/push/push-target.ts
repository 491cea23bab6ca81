import { formatReference, type Reference } from '../../oci/reference.js';
import type { PushTarget } from '../workspace/registry-address.js';

/** An image's name at the target: the target's registry replaces its own, and the prefix precedes the repository. */
export function destinationOf(
  { registry, prefix }: PushTarget,
  { repository, tag, digest }: Pick<Reference, 'repository' | 'tag' | 'digest'>,
): string {
  const name = prefix === '' ? repository : `${prefix}/${repository}`;
  // A reference with only a digest gets no tag; beside a tag the digest is dropped.
  return formatReference({
    registry,
    repository: name,
    ...(tag === undefined ? {} : { tag }),
    ...(tag !== undefined || digest === undefined ? {} : { digest }),
  });
}
