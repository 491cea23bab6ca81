import { ImageError } from '../../errors.js';
import { attachmentByName, type Attachment } from '../../oci/attachments.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import type { NamedDescriptor } from '../../oci/layout.js';
import { parseManifest } from '../../oci/manifest.js';
import { isManifestType } from '../../oci/media-types.js';
import type { CallOptions, FindReferrersOptions, Source } from '../store.js';
import { readContent } from '../verified.js';
import { walk } from './walk.js';
import type { Graph } from './graph.js';

/** A manifest that refers to another one. */
export interface Referrer {
  readonly descriptor: Descriptor;
  /** The tag under which cosign finds it; absent for referrers by the field `subject`. */
  readonly tag?: string | undefined;
}

/** The graph of a referrer. */
export interface ReferrerGraph extends Graph, Pick<Referrer, 'tag'> {}

/**
 * Finds the image that a referrer such as a signature or an SBOM refers to: by the annotation `kind` of its entry, by cosign's tag, or
 * by its field `subject` (OCI image spec 1.1, manifest.md § subject). Undefined for other content, and for a manifest
 * that cannot be read: copying that one reports the error.
 */
export async function attachmentOf(
  source: Source,
  { descriptor, reference, attached }: NamedDescriptor,
  options: CallOptions = {},
): Promise<Attachment | undefined> {
  const known = attached ?? attachmentByName(reference);
  if (known || !isManifestType(descriptor.mediaType)) return known;
  try {
    const bytes = await readContent(source, descriptor, options);
    const { subject } = parseManifest(descriptor.mediaType, bytes, source.limits);
    return subject && { subject: subject.digest };
  } catch (error) {
    if (error instanceof ImageError) return undefined;
    throw error;
  }
}

/** The graphs of all direct and indirect referrers of the manifests in `images`. @throws ImageError as {@link walk} */
export async function referrerGraphsOf(
  source: Source,
  images: readonly Graph[],
  options: FindReferrersOptions = {},
): Promise<ReferrerGraph[]> {
  const subjects = images.flatMap(({ documents }) =>
    [...documents.values()].flatMap(({ manifest, descriptor }) => (manifest ? [descriptor] : [])),
  );
  const graphs: ReferrerGraph[] = [];
  for (const { descriptor, tag } of await referrersOf(source, subjects, options))
    graphs.push({ ...(await walk(source, descriptor, options)), tag });
  return graphs;
}

/** All direct and indirect referrers of `subjects` in a source, each once. */
export async function referrersOf(
  source: Source,
  subjects: Iterable<Descriptor>,
  options: FindReferrersOptions = {},
): Promise<Referrer[]> {
  const about = source.referrers ? undefined : await referrersBySubject(source, options);
  const found = new Map<Digest, Referrer>();
  const seen = new Set<Digest>();
  const queue = [...subjects];
  const add = (referrer: Referrer): void => {
    const { descriptor } = referrer;
    if (seen.has(descriptor.digest)) return;
    found.set(descriptor.digest, referrer);
    queue.push(descriptor);
  };
  for (const subject of queue) {
    if (seen.has(subject.digest)) continue;
    seen.add(subject.digest);
    about?.get(subject.digest)?.forEach(add);
    for await (const descriptor of source.referrers?.(subject, options) ?? []) add({ descriptor });
  }
  return [...found.values()];
}

/** The referrers among the listed images of a source, by digest of their subject. */
async function referrersBySubject(
  source: Source,
  options: CallOptions,
): Promise<ReadonlyMap<Digest, readonly Referrer[]>> {
  const about = new Map<Digest, Referrer[]>();
  for await (const image of source.list(options)) {
    const attachment = await attachmentOf(source, image, options);
    if (!attachment) continue;
    const known = about.get(attachment.subject) ?? [];
    known.push({ descriptor: image.descriptor, tag: attachment.tag });
    about.set(attachment.subject, known);
  }
  return about;
}
