import { ImageError } from '../errors.js';
import { isDigest } from '../oci/digest.js';
import type { NamedDescriptor } from '../oci/layout.js';
import { canonicalReference } from '../oci/reference.js';
import { subjectOf } from './referrers.js';
import type { Source } from './store.js';

/**
 * Picks one image out of a source's short list, as `Source.resolve` promises. A name that is only a tag in there
 * is found by that tag.
 *
 * @throws ImageError NOT_FOUND, AMBIGUOUS, USAGE (not a reference)
 */
export async function resolveAmong(
  source: Source,
  images: readonly NamedDescriptor[],
  reference: string | undefined,
): Promise<NamedDescriptor> {
  const { location } = source;
  if (reference === undefined) return theOnly(source, images);
  const written = images.find((image) => image.embedded?.text === reference);
  if (written) return written;
  const wanted = isDigest(reference) ? reference : canonicalReference(reference);
  const found = images.find(
    (image) => image.reference === wanted || image.descriptor.digest === wanted,
  );
  if (found) return found;
  const names = images.map(called);
  throw new ImageError('NOT_FOUND', `${location}: expected an image ${wanted}, got none`, {
    location,
    hint: names.length === 0 ? 'It holds no image at all.' : `It holds ${names.join(', ')}.`,
  });
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
    hint: `Name one of ${images.map(called).join(', ')}, as in ${location}:NAME.`,
  });
}

function areOne(images: readonly NamedDescriptor[]): boolean {
  return new Set(images.map(({ descriptor }) => descriptor.digest)).size === 1;
}

function called({ reference, embedded, descriptor }: NamedDescriptor): string {
  return reference ?? embedded?.text ?? descriptor.digest;
}
