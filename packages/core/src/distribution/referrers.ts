import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import { formatIndex, parseManifest } from '../oci/manifest.js';
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

/**
 * The referrers of a manifest from the referrers API, all pages.
 *
 * @returns undefined when the registry has no such API
 * @throws ImageError INVALID, TOO_LARGE, UNAVAILABLE
 */
export async function listReferrers(
  client: RegistryClient,
  repository: string,
  subject: Digest,
  options: ScopedOptions,
): Promise<readonly Descriptor[] | undefined> {
  const url = `/v2/${repository}/referrers/${subject}`;
  const request = { ...options, url, headers: { accept: MediaType.index } };
  let found: Descriptor[] | undefined;
  for await (const bytes of readPages(client, request, `the referrers of ${subject}`))
    found = [...(found ?? []), ...referrersIn(bytes, client.registry)];
  return found;
}

/** The referrers of a manifest from its referrers tag. */
export async function readReferrersTag(
  manifests: Manifests,
  subject: Digest,
  options: CallOptions,
): Promise<readonly Descriptor[]> {
  const found = await manifests.find(fallbackTag(subject), options);
  if (found?.mediaType !== MediaType.index) return [];
  return referrersIn(await readContent(manifests, found, options), manifests.location);
}

/** @throws ImageError INVALID (not an index, or a descriptor with an invalid media type) */
function referrersIn(bytes: Uint8Array, location: string): readonly Descriptor[] {
  const index = parseManifest(MediaType.index, bytes);
  const found = index.kind === 'index' ? index.manifests : [];
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
  const others = await readReferrersTag(manifests, subject, options);
  if (others.some(({ digest }) => digest === referrer.digest)) return;
  const bytes = formatIndex([...others, referrer]);
  await manifests.put(fallbackTag(subject), { type: MediaType.index, bytes }, options);
}
