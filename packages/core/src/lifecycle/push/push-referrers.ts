import type { Repository } from '../../distribution/repository.js';
import { besideSubject } from '../../oci/attachments.js';
import type { Digest } from '../../oci/digest.js';
import { copyGraph } from '../../transfer/copy.js';
import { referrersOf, type ReferrerGraph } from '../../transfer/graph/referrers.js';
import type { VerbOptions } from '../workspace/call.js';
import type { PushItem } from './push-items.js';

type ReferrerOptions = Pick<VerbOptions, 'signal' | 'onEvent'>;

/** The referrers of an image that a repository with this image lacks. An image without referrers takes no request. */
export async function missingReferrers(
  { graph, referrers }: PushItem,
  sink: Repository,
  options: ReferrerOptions,
): Promise<readonly ReferrerGraph[]> {
  if (referrers.length === 0) return [];
  const subjects = [...graph.documents.values()].flatMap(({ manifest, descriptor }) =>
    manifest ? [descriptor] : [],
  );
  const there = new Set<Digest>();
  for (const { descriptor } of await referrersOf(sink, subjects, options))
    there.add(descriptor.digest);
  const missing: ReferrerGraph[] = [];
  for (const each of referrers) {
    const { digest } = each.root;
    const isThere =
      each.tag === undefined
        ? there.has(digest)
        : (await sink.find(each.tag, options))?.digest === digest;
    if (!isThere) missing.push(each);
  }
  return missing;
}

/** Copies referrers of an image, and tags those that cosign finds by a tag. */
export async function copyReferrers(
  { at, reference }: PushItem,
  referrers: readonly ReferrerGraph[],
  sink: Repository,
  { signal, onEvent }: ReferrerOptions,
): Promise<void> {
  for (const each of referrers) {
    await copyGraph(at.source, each, sink, { signal, onEvent });
    if (each.tag !== undefined) await sink.tag(each.root, besideSubject(reference, each.tag));
  }
}
