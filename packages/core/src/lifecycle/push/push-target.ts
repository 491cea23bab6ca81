import { formatReference, type Reference } from '../../oci/reference.js';
import type { PushTarget } from '../workspace/registry-address.js';

/** An image's name there: its own registry is dropped, the prefix comes before. */
export function destinationOf(
  { registry, prefix }: PushTarget,
  { repository, tag, digest }: Pick<Reference, 'repository' | 'tag' | 'digest'>,
): string {
  const name = prefix === '' ? repository : `${prefix}/${repository}`;
  // What is named by its digest alone gets no tag there.
  return formatReference({
    registry,
    repository: name,
    ...(tag === undefined ? {} : { tag }),
    ...(tag !== undefined || digest === undefined ? {} : { digest }),
  });
}
