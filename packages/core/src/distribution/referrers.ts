import { ImageError, type ErrorCode } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import { objectsIn, parseJsonObject } from '../oci/json.js';
import { formatIndex, parseManifest, type Manifest } from '../oci/manifest.js';
import { isMediaType, MediaType } from '../oci/media-types.js';
import type { CallOptions, FindReferrersOptions, Source } from '../transfer/store.js';
import { readContent } from '../transfer/verified.js';
import type { RegistryClient } from './transport/client.js';
import type { Refusal } from './transport/refusal.js';
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
const API_REFUSALS: readonly number[] = [400, 401, 403, 405, 406, 410, 501];
/** Some registries without the referrers API answer so, always; others while they fail. */
const FAILED = 500;
/** Errors by which a registry refuses to look up the referrers tag. */
const TAG_REFUSALS: ReadonlySet<ErrorCode> = new Set([
  'INVALID',
  'UNAUTHORIZED',
  'DENIED',
  'UNSUPPORTED',
]);

/**
 * The referrers of a manifest from the referrers API or, if the registry has none, from the referrers tag (distribution
 * spec 1.1 § Referrers Tag Schema). If the API keeps failing and there is no tag, it is not known whether the manifest has
 * referrers: that is a notice, or without `onEvent` an error.
 *
 * @throws ImageError as {@link listReferrers}
 */
export async function readReferrers(
  client: RegistryClient,
  { name, manifests }: { readonly name: string; readonly manifests: Manifests },
  subject: Digest,
  options: ScopedOptions & FindReferrersOptions,
): Promise<readonly Descriptor[]> {
  const { signal, onEvent } = options;
  let failure = client.refused.referrers;
  if (!failure)
    try {
      const listed = await listReferrers(client, name, subject, options);
      if (listed) return listed;
    } catch (error) {
      if (!hasFailed(error)) throw error;
      failure = error;
      // The requests of a relay are not repeated, so the failure may be a short one.
      if (!client.isRelay) client.refused.referrers = error;
    }
  const tagged = await readReferrersTag(manifests, subject, { signal });
  if (tagged || !failure) return tagged ?? [];
  if (!onEvent) throw failure;
  const text = `${manifests.location}: signatures and other referrers of ${subject} are not known: ${failure.message}`;
  onEvent({ type: 'notice', text });
  return [];
}

function hasFailed(error: unknown): error is ImageError {
  const { status } = ((error instanceof ImageError && error.cause) || {}) as Partial<Refusal>;
  return status === FAILED;
}

/**
 * The referrers of a manifest from the referrers API, all pages.
 *
 * @returns undefined when the registry has no such API: it refuses the request, or answers with something that is not an
 *   index, such as a page for people
 * @throws ImageError INVALID (an invalid media type), TOO_LARGE, UNAVAILABLE
 */
async function listReferrers(
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

/** The referrers of a manifest from its referrers tag; undefined without one, or when the registry refuses to look it up. */
async function readReferrersTag(
  manifests: Manifests,
  subject: Digest,
  options: CallOptions,
): Promise<readonly Descriptor[] | undefined> {
  let found: Descriptor | undefined;
  try {
    found = await manifests.find(fallbackTag(subject), options);
  } catch (error) {
    if (!(error instanceof ImageError) || !TAG_REFUSALS.has(error.code)) throw error;
  }
  if (found?.mediaType !== MediaType.index) return undefined;
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
          `${location}: referrers: ${JSON.stringify(type.slice(0, 200))} is not a media type`,
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
