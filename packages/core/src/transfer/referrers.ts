import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import { parseManifest } from '../oci/manifest.js';
import { isManifestType } from '../oci/media-types.js';
import type { CallOptions, Source } from './store.js';
import { readContent } from './verified.js';

/**
 * What a manifest is about, if it is a referrer: a signature, an SBOM (OCI image spec 1.1, manifest.md § subject).
 * Undefined for all else, also for what cannot be read: whoever wants that one will be told why.
 */
export async function subjectOf(
  source: Source,
  descriptor: Descriptor,
  options: CallOptions = {},
): Promise<Descriptor | undefined> {
  if (!isManifestType(descriptor.mediaType)) return undefined;
  try {
    const bytes = await readContent(source, descriptor, options);
    return parseManifest(descriptor.mediaType, bytes, source.limits).subject;
  } catch (error) {
    if (error instanceof ImageError) return undefined;
    throw error;
  }
}

/** Those of a source's images that refer to one of these manifests, and those that refer to them, and so on. */
export async function referrersOf(
  source: Source,
  subjects: Iterable<Digest>,
  options: CallOptions = {},
): Promise<Descriptor[]> {
  const about = new Map<Digest, { readonly descriptor: Descriptor; readonly subject: Digest }>();
  for await (const { descriptor } of source.list(options)) {
    const subject = await subjectOf(source, descriptor, options);
    if (subject) about.set(descriptor.digest, { descriptor, subject: subject.digest });
  }
  const wanted = new Set(subjects);
  const found: Descriptor[] = [];
  for (let before = -1; before < found.length; ) {
    before = found.length;
    for (const { descriptor, subject } of about.values()) {
      if (!wanted.has(subject) || wanted.has(descriptor.digest)) continue;
      wanted.add(descriptor.digest);
      found.push(descriptor);
    }
  }
  return found;
}
