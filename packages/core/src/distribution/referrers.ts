import { ImageError, type ErrorCode } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import { objectsIn, parseJsonObject } from '../oci/json.js';
import { formatIndex, parseManifest, type Manifest } from '../oci/manifest.js';
import { isMediaType, MediaType } from '../oci/media-types.js';
import type { CallOptions, Source } from '../transfer/store.js';
import { readContent } from '../transfer/verified.js';
import type { RegistryClient } from './transport/client.js';
import { readPages } from './pages.js';
import type { ScopedOptions } from './upload/upload.js';

/** A manifest to upload: media type and bytes. */
export interface ManifestBytes {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** Access to manifests by tag, for the referrers tag (distribution spec 1.1 § Referrers Tag Schema). */
export interface Manifests extends Source {
  find(tag: string, options?: CallOptions): Promise<Descriptor | undefined>;
  put(tag: string, manifest: ManifestBytes, options?: CallOptions): Promise<unknown>;
}

function fallbackTag(subject: Digest): string {
  return subject.replace(':', '-');
}

/** Statuses by which registries without the referrers API answer, besides 404. */
const API_REFUSALS: readonly number[] = [400, 401, 403, 405, 406, 410, 500, 501];
/** Errors by which a registry refuses to look up the referrers tag. */
const TAG_REFUSALS: ReadonlySet<ErrorCode> = new Set([
  'INVALID',
  'UNAUTHORIZED',
  'DENIED',
  'UNSUPPORTED',
]);

/**
 * The referrers of a manifest from the referrers API, all pages.
 *
 * @returns undefined when the registry has no such API: it refuses the request, or answers with something that is not an
 *   index, such as a page for people
 * @throws ImageError INVALID (an invalid media type), TOO_LARGE, UNAVAILABLE
 */
export async function listReferrers(
  client: RegistryClient,
  repository: string,
  subject: Digest,
  options: ScopedOptions,
): Promise<readonly Descriptor[] | undefined> {
  const url = `/v2/${repository}/referrers/${subject}`;
  const request = { ...options, url, headers: { accept: MediaType.index }, absent: API_REFUSALS };
  let found: Descriptor[] | undefined;
  for await (const bytes of readPages(client, request, `the referrers of ${subject}`)) {
    if (found) found.push(...referrersIn(bytes, client.registry));
    else {
      const first = referrersInAnswer(bytes, client.registry);
      if (!first) return undefined;
      found = [...first];
    }
  }
  return found;
}

/** The referrers of a manifest from its referrers tag; none when the registry refuses to look the tag up. */
export async function readReferrersTag(
  manifests: Manifests,
  subject: Digest,
  options: CallOptions,
): Promise<readonly Descriptor[]> {
  let found: Descriptor | undefined;
  try {
    found = await manifests.find(fallbackTag(subject), options);
  } catch (error) {
    if (!(error instanceof ImageError) || !TAG_REFUSALS.has(error.code)) throw error;
  }
  return referrersAt(manifests, found, options);
}

async function referrersAt(
  manifests: Manifests,
  found: Descriptor | undefined,
  options: CallOptions,
): Promise<readonly Descriptor[]> {
  if (found?.mediaType !== MediaType.index) return [];
  return referrersIn(await readContent(manifests, found, options), manifests.location);
}

/** The referrers in an index, or undefined for other content. @throws ImageError INVALID (an invalid media type) */
function referrersInAnswer(bytes: Uint8Array, location: string): readonly Descriptor[] | undefined {
  let index: Manifest;
  try {
    index = parseManifest(MediaType.index, bytes);
  } catch (error) {
    if (error instanceof ImageError && error.code === 'INVALID') return undefined;
    throw error;
  }
  return index.kind === 'index' ? checkTypes(index.manifests, location) : undefined;
}

/** @throws ImageError INVALID (not an index, or a descriptor with an invalid media type) */
function referrersIn(bytes: Uint8Array, location: string): readonly Descriptor[] {
  const index = parseManifest(MediaType.index, bytes);
  return checkTypes(index.kind === 'index' ? index.manifests : [], location);
}

/** @throws ImageError INVALID */
function checkTypes(found: readonly Descriptor[], location: string): readonly Descriptor[] {
  for (const { mediaType, artifactType } of found)
    for (const type of [mediaType, artifactType ?? MediaType.empty])
      if (!isMediaType(type))
        throw new ImageError(
          'INVALID',
          `${location}: referrers: expected a media type, got ${JSON.stringify(type.slice(0, 200))}`,
          { location },
        );
  return found;
}

/** Adds a referrer to the referrers tag, for registries without the referrers API. */
export async function addToReferrersTag(
  manifests: Manifests,
  subject: Digest,
  referrer: Descriptor,
  options: CallOptions,
): Promise<void> {
  const found = await manifests.find(fallbackTag(subject), options);
  const before =
    found?.mediaType === MediaType.index ? await readContent(manifests, found, options) : undefined;
  const others = before ? referrersIn(before, manifests.location) : [];
  if (others.some(({ digest }) => digest === referrer.digest)) return;
  const bytes = before ? appendEntry(before, referrer) : formatIndex([referrer]);
  await manifests.put(fallbackTag(subject), { type: MediaType.index, bytes }, options);
}

/** Adds an entry to an index; all other fields stay as they are. */
function appendEntry(index: Uint8Array, entry: Descriptor): Uint8Array {
  const document = parseJsonObject(index, 'index');
  const manifests = [...objectsIn(document, 'manifests', 'index'), entry];
  return Buffer.from(JSON.stringify({ ...document, manifests }));
}
