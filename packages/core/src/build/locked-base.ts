import type { Builder, Engine, EngineImage } from '../engine/engine.js';
import { ImageError } from '../errors.js';
import { familiarReference, parseReference } from '../oci/reference.js';
import type { PlatformOptions, Base } from './make-options.js';
import { textField, verb, wording } from '../wording.js';

interface BuilderChoice {
  /** What builds the Dockerfile; absent where the base is read from the engine. */
  readonly builder?: Builder;
}

/**
 * Returns the reference for FROM. A base that only the engine has must match its lock; if the engine lacks it, FROM names
 * the locked digest, so that the engine pulls exactly that. For BuildKit it names the digest of the engine's image, too, where
 * that is its ID: with containerd's store, BuildKit asks the registry first for what is called so, and would take that. With
 * `pull` the engine is not asked: the registry is.
 *
 * @throws ImageError CONFLICT (the engine has another image under this name)
 */
export async function resolveBaseReference(
  engine: Pick<Engine, 'location' | 'inspect'>,
  { reference, source, digest }: Base,
  {
    onEvent,
    signal,
    builder,
    pull,
  }: Pick<PlatformOptions, 'onEvent' | 'signal' | 'pull'> & BuilderChoice,
): Promise<string> {
  const name = parseReference(reference);
  const isBuildKit = builder?.kind === 'buildkit';
  const nameOf = (image: EngineImage | undefined) =>
    familiarReference(
      isBuildKit && image?.digests.includes(image.id) ? { ...name, digest: image.id } : name,
    );
  const named = async () =>
    nameOf(isBuildKit && !pull ? await engine.inspect(reference, { signal }) : undefined);
  if (source) return named();
  if (digest === undefined) {
    onEvent?.({
      type: 'notice',
      ...textField(
        'text',
        wording`the base ${familiarReference(name)} is not locked: ${verb('updateBase')} writes its digest to image.lock.yaml`,
      ),
    });
    return named();
  }
  const { registry, repository } = name;
  const pinned = familiarReference({ registry, repository, digest });
  if (pull) return pinned;
  const present = await engine.inspect(reference, { signal });
  if (!present) return pinned;
  if (present.id === digest || present.digests.includes(digest)) return nameOf(present);
  throw new ImageError(
    'CONFLICT',
    `base ${familiarReference(name)}: ${engine.location} has ${present.id}, but image.lock.yaml says ${digest}`,
    {
      location: engine.location,
      hint: wording`Lock the image of the engine with ${verb('updateBase')}, or pull the locked one again.`,
    },
  );
}
