import type { Digest } from '../oci/digest.js';
import type { Worded } from '../wording.js';

/** Times in milliseconds since 1970, durations in milliseconds, sizes in bytes. */
export interface AgeRules {
  /** Keep this many archives of each name, project and operating system. */
  readonly keepNewest?: { readonly name?: number; readonly project?: number; readonly os?: number };
  /** Delete only items that were not used for this long, unless space is short. */
  readonly unusedFor?: number;
  /** Never delete items younger than this. */
  readonly minAge?: number;
}

/** The rules of a prune. */
export interface PruneRules extends AgeRules {
  /** Largest total size. */
  readonly maxUsed?: number;
  /** Leave at least this free on each file system. */
  readonly minFree?: number;
  /** Total size that is always kept, whatever the other rules say. */
  readonly reserved?: number;
  /** Also delete archives without a record. */
  readonly orphans?: boolean;
}

/**
 * The kind of an item: `archive`, a file; `engine`, `store`, `registry`, `share`, an image in one of them; `leftover`, a file
 * of a crashed process or an old index; `nx-cache`, shown but never deleted.
 */
export type PruneKind =
  | 'archive'
  | 'engine'
  | 'store'
  | 'registry'
  | 'share'
  | 'leftover'
  | 'nx-cache';

/** Space that is freed with the last item that has it. */
export interface Content {
  readonly id: string;
  /** Size on disk. */
  readonly bytes: number;
}

/** A candidate for deletion. Unknown fields are absent, and an item of unknown age is kept. */
export interface PruneItem {
  readonly name: string;
  /** Shown to people; unique within its kind. */
  readonly path: string;
  readonly kind: PruneKind;
  readonly project?: string;
  readonly os?: string;
  readonly contents: readonly Content[];
  /** ID of its file system. */
  readonly volume: string;
  readonly created?: number;
  /** Equal to `created` when it was never used. */
  readonly lastUsed?: number;
  readonly pinned: boolean;
  /** The label by which the engine that has it pins it. */
  readonly pinnedBy?: string;
  /** A container was created from it, or a client is pulling it. */
  readonly inUse: boolean;
  /** An archive without a record. */
  readonly isOrphan?: boolean;
  /** An archive holds the same image, so it can be restored. */
  readonly isCopy?: boolean;
  readonly digest?: Digest;
  /** Digest of its base image. */
  readonly base?: Digest;
  /** Rules of its definition, instead of the workspace's. */
  readonly rules?: AgeRules;
}

/** A file system. */
export interface Volume {
  readonly id: string;
  readonly path: string;
  /** Bytes that may still be written. */
  readonly free: number;
  /** Free bytes that a pending write needs. */
  readonly wanted?: number;
}

export interface PruneFacts {
  readonly now: number;
  readonly volumes: readonly Volume[];
  /** IDs of content that is also held elsewhere: deleting items does not free it. */
  readonly held: ReadonlySet<string>;
  /** Selects the items that may be deleted; all when omitted. */
  readonly isInScope?: (item: PruneItem) => boolean;
}

/** The rule that decided about an item. */
export type PruneRule =
  | 'pinned'
  | 'in-use'
  | 'newest'
  | 'unknown'
  | 'min-age'
  | 'keep-newest'
  | 'unused-for'
  | 'base'
  | 'reserved'
  | 'orphan'
  | 'leftover'
  | 'max-used'
  | 'min-free'
  | 'nx-cache'
  | 'changed'
  | 'out-of-scope'
  | 'no-rule';

/** The decision about one item, with its rule and its reason. */
export interface PruneDecision extends Worded<'reason'> {
  readonly name: string;
  readonly path: string;
  readonly kind: PruneKind;
  readonly action: 'keep' | 'delete';
  readonly rule: PruneRule;
  readonly reason: string;
  /** Bytes that deleting it frees, shared content counted once; for a kept item, its size. */
  readonly bytes: number;
}

/** A limit on space that cannot be met. */
export interface Shortfall {
  readonly rule: 'max-used' | 'min-free';
  /** A path on the file system; empty for all file systems. */
  readonly path: string;
  readonly bytes: number;
}

export interface PrunePlan {
  readonly decisions: readonly PruneDecision[];
  readonly freedBytes: number;
  readonly shortfalls: readonly Shortfall[];
}
