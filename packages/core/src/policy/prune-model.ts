import type { Digest } from '../oci/digest.js';

/** Times in milliseconds since 1970, durations in milliseconds, sizes in bytes. */
export interface AgeRules {
  /** Keep this many archives of each name, project, operating system. */
  readonly keepNewest?: { readonly name?: number; readonly project?: number; readonly os?: number };
  /** Delete only what was not used for this long, unless space is short. */
  readonly unusedFor?: number;
  /** Never delete what is younger. */
  readonly minAge?: number;
}

/** The rules of a prune. */
export interface PruneRules extends AgeRules {
  /** Keep no more than this in all. */
  readonly maxUsed?: number;
  /** Leave at least this free on each file system. */
  readonly minFree?: number;
  /** Never go below this, whatever the rules ask. */
  readonly reserved?: number;
  /** Archives without a record may go, too. */
  readonly orphans?: boolean;
}

/**
 * The kind of an item: `archive`, a file; `engine`, `store`, `registry`, an image there; `leftover`, a file of a process that
 * died; `nx-cache`, shown only.
 */
export type PruneKind = 'archive' | 'engine' | 'store' | 'registry' | 'leftover' | 'nx-cache';

/** Space that goes when the last item that has it goes. */
export interface Content {
  readonly id: string;
  /** On disk. */
  readonly bytes: number;
}

/** Something that may go. What is not known is left out, and unknown means keep. */
export interface PruneItem {
  readonly name: string;
  /** For people, and unique within its kind. */
  readonly path: string;
  readonly kind: PruneKind;
  readonly project?: string;
  readonly os?: string;
  readonly contents: readonly Content[];
  /** The file system that it is on. */
  readonly volume: string;
  readonly created?: number;
  /** The time of creation when it was never used. */
  readonly lastUsed?: number;
  readonly pinned: boolean;
  /** A container was made from it, or somebody pulls it. */
  readonly inUse: boolean;
  /** An archive that nobody recorded. */
  readonly isOrphan?: boolean;
  /** An archive holds the same image, so it can be had again. */
  readonly isCopy?: boolean;
  readonly digest?: Digest;
  /** What it is built on. */
  readonly base?: Digest;
  /** Of its definition, instead of the workspace's. */
  readonly rules?: AgeRules;
}

/** A file system. */
export interface Volume {
  readonly id: string;
  readonly path: string;
  /** Bytes that may still be written. */
  readonly free: number;
  /** Bytes that somebody is about to write. */
  readonly wanted?: number;
}

export interface PruneFacts {
  readonly now: number;
  readonly volumes: readonly Volume[];
  /** Content that others have, too: it stays whatever goes. */
  readonly held: ReadonlySet<string>;
  /** What this plan is about; all when omitted. The rest stays. */
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
export interface PruneDecision {
  readonly name: string;
  readonly path: string;
  readonly kind: PruneKind;
  readonly action: 'keep' | 'delete';
  readonly rule: PruneRule;
  readonly reason: string;
  /** Bytes that deleting it frees, shared content counted once; of an item that is kept, its size. */
  readonly bytes: number;
}

/** A bound on space that cannot be met. */
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
