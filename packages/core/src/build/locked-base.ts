import type { Engine } from '../engine/engine.js';
import { ImageError } from '../errors.js';
import { familiarReference, parseReference } from '../oci/reference.js';
import type { PlatformOptions } from './make-options.js';
import type { Base } from './make-options.js';

/**
 * What FROM is to say. A base of the engine must be the one that was locked; one that it lacks is pulled by
 * the digest, where a registry knows it by that.
 */
export async function lockedBase(
  engine: Engine,
  { reference, source, digest }: Base,
  { onEvent, signal }: PlatformOptions,
): Promise<string> {
  const name = parseReference(reference);
  if (source) return familiarReference(name);
  if (digest === undefined) {
    onEvent?.({
      type: 'notice',
      text: `the base ${familiarReference(name)} is not locked: stowage build --update-base writes its digest to image.lock.yaml`,
    });
    return familiarReference(name);
  }
  const { registry, repository } = name;
  const pinned = familiarReference({ registry, repository, digest });
  const there = await engine.inspect(reference, { signal });
  if (!there) return pinned;
  if (there.id === digest || there.digests.includes(digest)) return familiarReference(name);
  throw new ImageError(
    'CONFLICT',
    `base ${familiarReference(name)}: expected ${digest} as image.lock.yaml says, got ${there.id} in ${engine.location}`,
    {
      location: engine.location,
      hint: 'stowage build --update-base takes what the engine has now; or pull the locked one again.',
    },
  );
}
