import { shortList, ImageError } from '../errors.js';
import { isDigest } from '../oci/digest.js';
import { Annotation, type NamedDescriptor } from '../oci/layout.js';
import { canonicalReference } from '../oci/reference.js';
import { subjectOf } from './referrers.js';
import type { Source } from './store.js';

/**
 * Implements `Source.resolve` for a source with a list of images. An image whose name is only a tag is found by that
 * tag.
 *
 * @throws ImageError NOT_FOUND, AMBIGUOUS (several images, or one name of several), USAGE (not a reference)
 */
export async function resolveAmong(
  source: Source,
  images: readonly NamedDescriptor[],
  reference: string | undefined,
): Promise<NamedDescriptor> {
  const { location } = source;
  if (reference === undefined) return onlyImage(source, images);
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
  const names = images.map(displayName);
  throw new ImageError('NOT_FOUND', `${location}: expected an image ${wanted}, got none`, {
    location,
    hint: names.length === 0 ? 'It contains no images.' : `It contains ${shortList(names)}.`,
  });
}

/** @throws ImageError AMBIGUOUS when two different images have the same name */
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
  if (images.length < 2 || areSameImage(images)) return;
  const digests = [...new Set(images.map(({ descriptor }) => descriptor.digest))];
  throw new ImageError(
    'AMBIGUOUS',
    `${location}: expected ${name} to be one image, got ${shortList(digests, ' and ')}`,
    { location, hint: `Name one by its digest, as in ${location}@${digests[0]}.` },
  );
}

/** The only image when no reference is given; referrers such as signatures are not counted. */
async function onlyImage(
  source: Source,
  images: readonly NamedDescriptor[],
): Promise<NamedDescriptor> {
  const { location } = source;
  const [first] = images;
  if (!first)
    throw new ImageError('NOT_FOUND', `${location}: expected an image, got none`, { location });
  if (areSameImage(images)) return first;
  const own: NamedDescriptor[] = [];
  for (const image of images) if (!(await subjectOf(source, image.descriptor))) own.push(image);
  if (own[0] && areSameImage(own)) return own[0];
  throw new ImageError('AMBIGUOUS', `${location}: expected one image, got ${images.length}`, {
    location,
    hint: `Name one of ${shortList(images.map(displayName))}, as in ${location}:NAME.`,
  });
}

function areSameImage(images: readonly NamedDescriptor[]): boolean {
  return new Set(images.map(({ descriptor }) => descriptor.digest)).size === 1;
}

function displayName({ reference, embedded, descriptor }: NamedDescriptor): string {
  return reference ?? embedded?.text ?? descriptor.digest;
}
