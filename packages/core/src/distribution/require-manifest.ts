import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import { isDigest } from '../oci/digest.js';
import { isManifestType } from '../oci/media-types.js';
import { isTag } from '../oci/reference.js';

const SCHEMA_1 = /^application\/vnd\.docker\.distribution\.manifest\.v1\+/;

/**
 * Refuses content that is not a manifest, such as an HTML page.
 *
 * @throws ImageError INVALID, UNSUPPORTED (Docker's schema 1)
 */
export function requireManifest({ mediaType }: Descriptor, location: string): void {
  if (isManifestType(mediaType)) return;
  const type =
    mediaType === '' ? 'content without a media type' : JSON.stringify(mediaType.slice(0, 200));
  const message = `${location}: the answer is not a manifest, but ${type}`;
  throw SCHEMA_1.test(mediaType)
    ? new ImageError('UNSUPPORTED', message, {
        location,
        hint: 'Docker schema 1 is not supported; push the image again with a Docker newer than 1.10.',
      })
    : new ImageError('INVALID', message, { location, hint: 'Is this a registry?' });
}

/** @throws ImageError INVALID */
export function requireTagOrDigest(text: string, location: string): void {
  if (isDigest(text) || isTag(text)) return;
  const got = JSON.stringify(text.slice(0, 200));
  throw new ImageError('INVALID', `${location}: expected a tag or a digest, got ${got}`, {
    location,
  });
}
