import { formatRecord, parseRecord, type ImageRecord } from '../catalog/record.js';
import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import { withoutAnnotations } from '../oci/descriptor.js';
import { parseJsonObject, isObject } from '../oci/json.js';
import { parseManifest } from '../oci/manifest.js';
import { MediaType } from '../oci/media-types.js';

/** An image in the share: the content of the index that one tag names. */
export interface ShareEntry {
  /** The hash of all inputs of the image (sha256, hex). */
  readonly key: string;
  readonly record: ImageRecord;
  /** The image: a manifest or an index. */
  readonly child: Descriptor;
  /** Time of publishing, ISO 8601. */
  readonly created: string;
}

const KEY = 'io.stowage.share.key';
const RECORD = 'io.stowage.share.record';
const CREATED = 'org.opencontainers.image.created';
/** Characters of the key in a tag. */
const KEY_LENGTH = 32;
/** Tags have at most 128 characters (OCI distribution spec 1.1): the longest name that leaves room for the key. */
const MAX_NAME_LENGTH = 92;
const TAG = /^(.+)\.in-([0-9a-f]{32})$/;

/**
 * The tag of an image in the share: `<name>.in-<first 32 hex of the key>`.
 *
 * @throws ImageError NAMING (the name is too long, or reads like such a tag)
 */
export function shareTag(name: string, key: string): string {
  if (name.length <= MAX_NAME_LENGTH && !TAG.test(name))
    return `${name}.in-${key.slice(0, KEY_LENGTH)}`;
  throw new ImageError(
    'NAMING',
    `${name}: a share cannot hold this name: it ${name.length > MAX_NAME_LENGTH ? `has ${name.length} characters` : 'ends like the tags of a share'}`,
    { hint: `Give the image another name, of at most ${MAX_NAME_LENGTH} characters.` },
  );
}

/** The name and the beginning of the key in a tag; undefined for a tag that is not of a share. */
export function parseShareTag(
  tag: string,
): { readonly name: string; readonly key: string } | undefined {
  const [, name, key] = TAG.exec(tag) ?? [];
  return name === undefined || key === undefined ? undefined : { name, key };
}

/** Writes an entry: an index of one child (OCI image spec 1.1, image-index.md), with the rest as annotations. */
export function formatEntry({ key, record, child, created }: ShareEntry): Uint8Array {
  const text = JSON.stringify(JSON.parse(Buffer.from(formatRecord(record)).toString()));
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MediaType.index,
      manifests: [withoutAnnotations(child)],
      annotations: { [CREATED]: created, [KEY]: key, [RECORD]: text },
    }),
  );
}

/**
 * Reads an entry. Its annotations must agree with its tag and its child.
 *
 * @param location of the tag, for messages.
 * @throws ImageError INVALID, CORRUPT (no entry of this name and key)
 */
export function parseEntry(
  { mediaType, bytes }: { readonly mediaType: string; readonly bytes: Uint8Array },
  {
    name,
    key,
    location,
  }: { readonly name: string; readonly key: string; readonly location: string },
): ShareEntry {
  const index = parseManifest(mediaType, bytes);
  const { annotations } = parseJsonObject(bytes, location);
  const {
    [KEY]: full,
    [RECORD]: text,
    [CREATED]: created,
  } = isObject(annotations) ? annotations : {};
  const [child, ...others] = index.kind === 'index' ? index.manifests : [];
  if (!child || others.length > 0)
    throw contradiction(location, 'an index of one image', 'another document');
  // The tag has the beginning of the key only.
  if (typeof full !== 'string' || !full.startsWith(key) || !/^[0-9a-f]{64}$/.test(full))
    throw contradiction(location, `key ${key}`, JSON.stringify(full));
  const record = parseRecord(Buffer.from(typeof text === 'string' ? text : ''), location);
  if (record.name !== name) throw contradiction(location, `the record of ${name}`, record.name);
  if (record.digest !== child.digest)
    throw contradiction(location, `the record of ${child.digest}`, record.digest);
  return { key: full, record, child, created: typeof created === 'string' ? created : '' };
}

function contradiction(location: string, expected: string, got: string): ImageError {
  return new ImageError('INVALID', `${location}: expected ${expected}, got ${got}`, { location });
}
