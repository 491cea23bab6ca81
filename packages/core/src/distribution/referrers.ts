import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import { formatIndex, parseManifest } from '../oci/manifest.js';
import { MediaType } from '../oci/media-types.js';
import type { CallOptions, Source } from '../transfer/store.js';
import { readContent } from '../transfer/verified.js';

/** A manifest as it is sent. */
export interface ManifestBytes {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** What the tag that stands in for the API (distribution spec 1.1 § Referrers Tag Schema) takes. */
export interface Manifests extends Source {
  find(tag: string, options?: CallOptions): Promise<Descriptor | undefined>;
  put(tag: string, manifest: ManifestBytes, options?: CallOptions): Promise<unknown>;
}

function fallbackTag(subject: Digest): string {
  return subject.replace(':', '-');
}

/** What refers to a manifest, by the tag for that. */
export async function taggedReferrers(
  manifests: Manifests,
  subject: Digest,
  options: CallOptions,
): Promise<readonly Descriptor[]> {
  const found = await manifests.find(fallbackTag(subject), options);
  if (found?.mediaType !== MediaType.index) return [];
  const index = parseManifest(found.mediaType, await readContent(manifests, found, options));
  return index.kind === 'index' ? index.manifests : [];
}

/** Adds to that, where the registry does not keep an index of its own. */
export async function tagReferrer(
  manifests: Manifests,
  subject: Digest,
  referrer: Descriptor,
  options: CallOptions,
): Promise<void> {
  const others = await taggedReferrers(manifests, subject, options);
  if (others.some(({ digest }) => digest === referrer.digest)) return;
  const bytes = formatIndex([...others, referrer]);
  await manifests.put(fallbackTag(subject), { type: MediaType.index, bytes }, options);
}
