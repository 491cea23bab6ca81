import { SCRATCH, type Definition } from '../definition/definition.js';
import { imagesOfDockerfile } from '../build/dockerfile/images.js';

/** The facts that decide whether the inputs of an image are pinned. */
export interface PinFacts {
  readonly definition: Definition;
  /** Text of the definition's own Dockerfile; undefined if it has none. */
  readonly dockerfile: string | undefined;
  /** Whether the digest of the base is known: an image of the workspace, an archive, or a locked one. */
  readonly hasBaseDigest: boolean;
}

/** Stands for the base in a Dockerfile: `FROM ${BASE}`. */
const BASE = 'BASE';

/**
 * The outside images that an image is made from by a name that may mean another image tomorrow: it has no digest, neither
 * in the text nor in `image.lock.yaml`. Such an image is not shared.
 */
export function unpinnedImages({ definition, dockerfile, hasBaseDigest }: PinFacts): string[] {
  const { base, args, buildContexts = {} } = definition;
  const isPinned = hasBaseDigest || base === SCRATCH || hasDigest(base);
  if (dockerfile === undefined) return isPinned ? [] : [base];
  const given = { ...(base === SCRATCH ? {} : { [BASE]: `\0${base}` }), ...args };
  return imagesOfDockerfile(dockerfile, given)
    .filter((image) => !Object.hasOwn(buildContexts, image.toLowerCase()))
    .filter((image) => (image === `\0${base}` ? !isPinned : !hasDigest(image)))
    .map((image) => image.replace('\0', ''));
}

function hasDigest(reference: string): boolean {
  return /@sha(?:256|512):[0-9a-f]+$/.test(reference);
}
