import { shortList, ImageError } from '../errors.js';
import { isDigest } from '../oci/digest.js';
import { Annotation, type NamedDescriptor } from '../oci/layout.js';
import { canonicalReference } from '../oci/reference.js';
import { subjectOf } from './referrers.js';
import type { Source } from './store.js';

/**
 * Implements `Source.resolve` for a source whose images fit into a list. A name that is only a tag is found by that tag.
 *
 * @throws ImageError NOT_FOUND, AMBIGUOUS (also a name of two images), USAGE (not a reference)
 */
export async function resolveAmong(
  source: Source,
  images: readonly NamedDescriptor[],
  reference: string | undefined,
): Promise<NamedDescriptor> {
  const { location } = source;
  if (reference === undefined) return theOnly(source, images);
  const byTag = images.filter(
    ({ descriptor }) => descriptor.annotations?.[Annotation.refName] === reference,
  );
  const wanted = isDigest(reference) ? reference : canonicalReference(reference);
  const byName = images.filter(
    (image) => image.reference === wanted || image.descriptor.digest === wanted,
  );
  const found = byTag.length > 0 ? byTag : byName;
  requireDistinct(source, found, reference);
  if (found[0]) return found[0];
  const names = images.map(called);
  throw new ImageError('NOT_FOUND', `${location}: expected an image ${wanted}, got none`, {
    location,
    hint: names.length === 0 ? 'It holds no image at all.' : `It holds ${shortList(names)}.`,
  });
}

/** @throws ImageError AMBIGUOUS when one name is the name of two images */
export function requireDistinctNames(source: Source, images: readonly NamedDescriptor[]): void {
  const known = new Map<string, NamedDescriptor>();
  for (const image of images) {
    const { reference } = image;
    if (reference === undefined) continue;
    const other = known.get(reference) ?? image;
    requireDistinct(source, [other, image], reference);
    known.set(reference, other);
  }
}

function requireDistinct(
  { location }: Source,
  images: readonly NamedDescriptor[],
  name: string,
): void {
  if (images.length < 2 || areOne(images)) return;
  const digests = [...new Set(images.map(({ descriptor }) => descriptor.digest))];
  throw new ImageError(
    'AMBIGUOUS',
    `${location}: expected ${name} to be one image, got ${shortList(digests, ' and ')}`,
    { location, hint: `Name one by its digest, as in ${location}@${digests[0]}.` },
  );
}

/** What refers to an image is no second image. */
async function theOnly(
  source: Source,
  images: readonly NamedDescriptor[],
): Promise<NamedDescriptor> {
  const { location } = source;
  const [first] = images;
  if (!first)
    throw new ImageError('NOT_FOUND', `${location}: expected an image, got none`, { location });
  if (areOne(images)) return first;
  const own: NamedDescriptor[] = [];
  for (const image of images) if (!(await subjectOf(source, image.descriptor))) own.push(image);
  if (own[0] && areOne(own)) return own[0];
  throw new ImageError('AMBIGUOUS', `${location}: expected one image, got ${images.length}`, {
    location,
    hint: `Name one of ${shortList(images.map(called))}, as in ${location}:NAME.`,
  });
}

function areOne(images: readonly NamedDescriptor[]): boolean {
  return new Set(images.map(({ descriptor }) => descriptor.digest)).size === 1;
}

function called({ reference, embedded, descriptor }: NamedDescriptor): string {
  return reference ?? embedded?.text ?? descriptor.digest;
}
