import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import { parseManifest } from '../oci/manifest.js';
import { isManifestType } from '../oci/media-types.js';
import type { CallOptions, Source } from './store.js';
import { readContent } from './verified.js';
import { walk } from './walk.js';
import type { Graph } from './graph.js';

/**
 * The `subject` of a referrer such as a signature or an SBOM (OCI image spec 1.1, manifest.md § subject). Undefined for
 * other content, and for a manifest that cannot be read: copying that one reports the error.
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

/** The graphs of all direct and indirect referrers of the manifests in `images`. @throws ImageError as {@link walk} */
export async function referrerGraphsOf(
  source: Source,
  images: readonly Graph[],
  options: CallOptions = {},
): Promise<Graph[]> {
  const subjects = images.flatMap(({ documents }) =>
    [...documents.values()].flatMap(({ manifest, descriptor }) => (manifest ? [descriptor] : [])),
  );
  const graphs: Graph[] = [];
  for (const referrer of await referrersOf(source, subjects, options))
    graphs.push(await walk(source, referrer, options));
  return graphs;
}

/** All direct and indirect referrers of `subjects` in a source, each once. */
export async function referrersOf(
  source: Source,
  subjects: Iterable<Descriptor>,
  options: CallOptions = {},
): Promise<Descriptor[]> {
  const about = source.referrers ? undefined : await referrersBySubject(source, options);
  const found = new Map<Digest, Descriptor>();
  const seen = new Set<Digest>();
  const queue = [...subjects];
  for (const subject of queue) {
    if (seen.has(subject.digest)) continue;
    seen.add(subject.digest);
    const referrers = about?.get(subject.digest) ?? [];
    for await (const each of source.referrers?.(subject, options) ?? referrers)
      if (!seen.has(each.digest)) {
        found.set(each.digest, each);
        queue.push(each);
      }
  }
  return [...found.values()];
}

/** The referrers among the listed images of a source, by digest of their subject. */
async function referrersBySubject(
  source: Source,
  options: CallOptions,
): Promise<ReadonlyMap<Digest, readonly Descriptor[]>> {
  const about = new Map<Digest, Descriptor[]>();
  for await (const { descriptor } of source.list(options)) {
    const subject = await subjectOf(source, descriptor, options);
    if (!subject) continue;
    const known = about.get(subject.digest) ?? [];
    known.push(descriptor);
    about.set(subject.digest, known);
  }
  return about;
}
