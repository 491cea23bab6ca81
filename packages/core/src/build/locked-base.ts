import type { Engine } from '../engine/engine.js';
import { ImageError } from '../errors.js';
import { familiarReference, parseReference } from '../oci/reference.js';
import type { PlatformOptions, Base } from './make-options.js';
import { textField, verb, wording } from '../wording.js';

/**
 * Returns the reference for FROM. A base that only the engine has must match its lock; if the engine lacks it, FROM names
 * the locked digest, so that the engine pulls exactly that.
 *
 * @throws ImageError CONFLICT (the engine has another image under this name)
 */
export async function resolveBaseReference(
  engine: Engine,
  { reference, source, digest }: Base,
  { onEvent, signal }: PlatformOptions,
): Promise<string> {
  const name = parseReference(reference);
  if (source) return familiarReference(name);
  if (digest === undefined) {
    onEvent?.({
      type: 'notice',
      ...textField(
        'text',
        wording`the base ${familiarReference(name)} is not locked: ${verb('updateBase')} writes its digest to image.lock.yaml`,
      ),
    });
    return familiarReference(name);
  }
  const { registry, repository } = name;
  const pinned = familiarReference({ registry, repository, digest });
  const present = await engine.inspect(reference, { signal });
  if (!present) return pinned;
  if (present.id === digest || present.digests.includes(digest)) return familiarReference(name);
  throw new ImageError(
    'CONFLICT',
    `base ${familiarReference(name)}: ${engine.location} has ${present.id}, but image.lock.yaml says ${digest}`,
    {
      location: engine.location,
      hint: wording`Lock the image of the engine with ${verb('updateBase')}, or pull the locked one again.`,
    },
  );
}
