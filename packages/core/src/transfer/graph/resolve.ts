import { isMalformed, shortList, ImageError } from '../../errors.js';
import { isDigest } from '../../oci/digest.js';
import { Annotation, type NamedDescriptor } from '../../oci/layout.js';
import { canonicalReference } from '../../oci/reference.js';
import { imagesOf } from './graph.js';
import { attachmentOf } from './referrers.js';
import type { Source } from '../store.js';
import { walk } from './walk.js';

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
  const [found] = await imageAmong(source, byTag.length > 0 ? byTag : byName, reference);
  if (found) return found;
  const names = images.map(displayName);
  throw new ImageError('NOT_FOUND', `${location}: no image ${wanted}`, {
    location,
    hint: names.length === 0 ? 'It contains no images.' : `It contains ${shortList(names)}.`,
  });
}

/**
 * The same images, each name for one of them: artifacts under the name of an image lose that name.
 *
 * @throws ImageError AMBIGUOUS when two different images have the same name
 */
export async function withDistinctNames(
  source: Source,
  images: readonly NamedDescriptor[],
): Promise<NamedDescriptor[]> {
  const groups = new Map<string, NamedDescriptor[]>();
  for (const image of images) {
    if (image.reference === undefined) continue;
    const group = groups.get(image.reference) ?? [];
    group.push(image);
    groups.set(image.reference, group);
  }
  const named = new Set<NamedDescriptor>();
  for (const [name, group] of groups)
    for (const image of await imageAmong(source, group, name)) named.add(image);
  return images.map((image) =>
    image.reference === undefined || named.has(image) ? image : { descriptor: image.descriptor },
  );
}

/**
 * Selects those entries of one name that are the image: referrers and other artifacts under the same name are left out.
 *
 * @throws ImageError AMBIGUOUS when they are different images
 */
async function imageAmong(
  source: Source,
  entries: readonly NamedDescriptor[],
  name: string,
): Promise<readonly NamedDescriptor[]> {
  if (entries.length < 2 || areSameImage(entries)) return entries;
  const own = await withoutReferrers(source, entries);
  if (areSameImage(own)) return own;
  const images: NamedDescriptor[] = [];
  for (const entry of own) if (await isImage(source, entry)) images.push(entry);
  if (areSameImage(images)) return images;
  throw ambiguousName(source, images.length > 0 ? images : entries, name);
}

async function withoutReferrers(
  source: Source,
  entries: readonly NamedDescriptor[],
): Promise<NamedDescriptor[]> {
  const own: NamedDescriptor[] = [];
  for (const entry of entries) if (!(await attachmentOf(source, entry))) own.push(entry);
  return own;
}

/** Whether an entry has a file system for an engine, as far as its manifests and configs are there. */
async function isImage(source: Source, { descriptor }: NamedDescriptor): Promise<boolean> {
  try {
    return imagesOf(await walk(source, descriptor, { missing: 'report' })).length > 0;
  } catch (error) {
    if (isMalformed(error)) return false;
    throw error;
  }
}

function ambiguousName(
  { location }: Source,
  images: readonly NamedDescriptor[],
  name: string,
): ImageError {
  const digests = [...new Set(images.map(({ descriptor }) => descriptor.digest))];
  return new ImageError(
    'AMBIGUOUS',
    `${location}: ${name} is the name of several images: ${shortList(digests, ' and ')}`,
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
  if (!first) throw new ImageError('NOT_FOUND', `${location}: it has no image`, { location });
  if (areSameImage(images)) return first;
  const own = await withoutReferrers(source, images);
  if (own[0] && areSameImage(own)) return own[0];
  throw new ImageError(
    'AMBIGUOUS',
    `${location}: it has ${images.length} images, and one has to be named`,
    {
      location,
      hint: `Name one of ${shortList(images.map(displayName))}, as in ${location}:NAME.`,
    },
  );
}

function areSameImage(images: readonly NamedDescriptor[]): boolean {
  return new Set(images.map(({ descriptor }) => descriptor.digest)).size === 1;
}

function displayName({ reference, embedded, descriptor }: NamedDescriptor): string {
  return reference ?? embedded?.text ?? descriptor.digest;
}
