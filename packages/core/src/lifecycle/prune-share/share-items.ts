import type { ShareRepository } from '../../definition/settings/share-settings.js';
import type { Repository } from '../../distribution/repository.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { matchesAny } from '../../policy/wildcards.js';
import type { PruneItem } from '../../policy/prune-model.js';
import { shareName } from '../../share/open-share.js';
import { parseShareTag, type ShareEntry } from '../../share/share-entry.js';
import { forEachOf } from '../../transfer/for-each-of.js';
import { partsOf, rulesOf } from '../prune/prunable.js';
import { readEntry } from '../share/find-shared.js';
import type { VerbOptions } from '../workspace/call.js';
import type { FoundDefinition } from '../workspace/definitions.js';
import type { CheckoutKeys } from './checkout-keys.js';

/** An entry of the share as an item to prune. */
export interface ShareItem extends PruneItem {
  readonly tag: string;
  /** Digest of the image. */
  readonly digest: Digest;
  /** The image: a manifest or an index. */
  readonly image: Descriptor;
}

/** The facts by which entries of a share are kept or deleted. */
export interface ShareFacts {
  readonly share: ShareRepository;
  readonly pins: readonly string[];
  readonly definitions: readonly FoundDefinition[];
  readonly checkout: CheckoutKeys;
}

/** Tags that are read at once. */
const CONCURRENCY = 8;

/** The content of the repository of a share. */
export interface ShareContent {
  readonly items: readonly ShareItem[];
  /** Tags of anything else, and of wrong entries: they are left alone. */
  readonly others: readonly string[];
}

/** Lists the entries of a share, and its other tags. */
export async function listShareItems(
  repository: Repository,
  facts: ShareFacts,
  options: VerbOptions,
): Promise<ShareContent> {
  const tags: string[] = [];
  for await (const tag of repository.tags(options)) tags.push(tag);
  const items: ShareItem[] = [];
  const others: string[] = [];
  await forEachOf(
    tags,
    { concurrency: CONCURRENCY, signal: options.signal },
    async (tag, signal) => {
      const wanted = parseShareTag(tag);
      const entry = wanted && (await readEntry(repository, wanted, { ...options, signal }));
      if (entry && entry !== 'wrong') items.push(itemOf(tag, entry, facts));
      else if (!wanted || entry) others.push(tag);
    },
  );
  return { items, others };
}

function itemOf(
  tag: string,
  { key, record, child: image, created: text }: ShareEntry,
  { share, pins, definitions, checkout }: ShareFacts,
): ShareItem {
  const { name, digest, base } = record;
  const own = definitions.find(({ definition }) => definition.name === name)?.definition.retention;
  const time = Date.parse(text);
  const { unused_for: _, ...rules } = own ?? {};
  return {
    tag,
    name,
    path: `${shareName(share)}:${tag}`,
    kind: 'share',
    ...partsOf(name),
    // The registry does not tell how much space an image takes that others share layers with.
    contents: [],
    volume: shareName(share),
    pinned: own?.pinned === true || matchesAny(name, pins),
    inUse: checkout.keys.has(key) || checkout.unsure.has(name),
    digest,
    image,
    ...(base ? { base: base.digest } : {}),
    ...(own ? { rules: rulesOf(rules) } : {}),
    ...(Number.isNaN(time) ? {} : { created: time, lastUsed: time }),
  };
}
