import type { Repository } from '../../distribution/repository.js';
import { attachmentByName } from '../../oci/attachments.js';
import type { Digest } from '../../oci/digest.js';
import { matchesAny } from '../../policy/wildcards.js';
import { forEachOf } from '../../transfer/for-each-of.js';
import type { CallOptions } from '../../transfer/store.js';

/** A tag to copy. */
export interface SelectedTag {
  readonly tag: string;
  /** The manifest that it names at the source. */
  readonly digest: Digest;
  /** The manifest that it names at the destination; undefined without such a tag. */
  readonly there: Digest | undefined;
}

/** Number of tags that are looked up at once. */
const CONCURRENCY = 8;
/** The referrers tag (distribution spec 1.1 § Referrers Tag Schema): a list that the destination keeps itself. */
const REFERRERS_TAG = /^sha(?:256-[0-9a-f]{64}|512-[0-9a-f]{128})$/;

/**
 * Selects the tags of a repository that match one of the patterns, and cosign's tags of the selected images; and asks by
 * HEAD what they name here and there.
 *
 * @throws ImageError NOT_FOUND (no such repository), UNAUTHORIZED, DENIED, UNAVAILABLE
 */
export async function selectTags(
  source: Repository,
  destination: Repository,
  { patterns, signal }: CallOptions & { readonly patterns: readonly string[] },
): Promise<readonly SelectedTag[]> {
  const all: string[] = [];
  for await (const tag of source.tags({ signal, required: true }))
    if (!REFERRERS_TAG.test(tag)) all.push(tag);
  const found = new Map<string, SelectedTag>();
  const lookUp = (tags: readonly string[]) =>
    forEachOf(tags, { concurrency: CONCURRENCY, signal }, async (tag, stop) => {
      const here = await source.head(tag, { signal: stop });
      const there = await destination.head(tag, { signal: stop });
      // A tag may be deleted meanwhile.
      if (here) found.set(tag, { tag, digest: here.digest, there: there?.digest });
    });
  await lookUp(all.filter((tag) => matchesAny(tag, patterns)));
  const digests = new Set([...found.values()].map(({ digest }) => digest));
  await lookUp(
    all.filter((tag) => {
      const subject = attachmentByName(`x:${tag}`)?.subject;
      return !found.has(tag) && subject !== undefined && digests.has(subject);
    }),
  );
  return all.sort().flatMap((tag) => found.get(tag) ?? []);
}
