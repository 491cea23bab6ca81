import type { Digest } from '../oci/digest.js';

/** Times in milliseconds since 1970, durations in milliseconds. */
export interface PruneRules {
  /** Keep this many archives of each name. */
  readonly keepNewest?: number;
  /** Delete only what was not used for this long. */
  readonly unusedFor?: number;
  /** Never delete what is younger. */
  readonly minAge?: number;
}

/** An archive that may go. What is not known is left out, and unknown means keep. */
export interface PruneItem {
  readonly name: string;
  readonly path: string;
  readonly kind: 'archive';
  /** On disk. */
  readonly bytes: number;
  readonly created?: number;
  /** The time of creation when it was never used. */
  readonly lastUsed?: number;
  readonly pinned: boolean;
  /** A container was made from it. */
  readonly inUse: boolean;
  readonly digest?: Digest;
  /** What it is built on. */
  readonly base?: Digest;
}

export type PruneRule =
  | 'pinned'
  | 'in-use'
  | 'newest'
  | 'unknown'
  | 'min-age'
  | 'keep-newest'
  | 'unused-for'
  | 'base'
  | 'no-rule';

export interface PruneDecision {
  readonly name: string;
  readonly path: string;
  readonly kind: PruneItem['kind'];
  readonly action: 'keep' | 'delete';
  readonly rule: PruneRule;
  readonly reason: string;
  readonly bytes: number;
}

/**
 * Decides what may go: pure, and the same for every order of `items`. Deletes only what some rule
 * names and no rule protects; a base is kept as long as an image on it is.
 */
export function planPrune(
  items: readonly PruneItem[],
  rules: PruneRules,
  now: number,
): PruneDecision[] {
  const sorted = [...items].sort(
    (a, b) => compare(a.name, b.name) || newestFirst(a, b) || compare(a.path, b.path),
  );
  const ranks = rankByName(sorted);
  const decided = sorted.map(
    (item): PruneDecision => ({ ...shown(item), ...judge(item, ranks.get(item) ?? 1, rules, now) }),
  );
  return keepBases(sorted, decided);
}

type Verdict = Pick<PruneDecision, 'action' | 'rule' | 'reason'>;

function judge(
  item: PruneItem,
  rank: number,
  { keepNewest, unusedFor, minAge }: PruneRules,
  now: number,
): Verdict {
  const { created, lastUsed } = item;
  if (item.pinned) return keep('pinned', 'it is pinned');
  if (item.inUse) return keep('in-use', 'a container uses it');
  if (rank === 1) return keep('newest', 'it is the newest of its name');
  if (keepNewest === undefined && unusedFor === undefined)
    return keep('no-rule', 'no rule asks for it to go');
  if (created === undefined || lastUsed === undefined)
    return keep('unknown', 'nobody knows how old it is');
  if (minAge !== undefined && now - created < minAge)
    return keep('min-age', `it is ${days(now - created)} old, younger than ${days(minAge)}`);
  if (keepNewest !== undefined && rank <= keepNewest)
    return keep('keep-newest', `it is number ${rank} of the ${keepNewest} newest of its name`);
  if (unusedFor === undefined)
    return {
      action: 'delete',
      rule: 'keep-newest',
      reason: `it is number ${rank} of its name, ${keepNewest} are kept`,
    };
  const unused = now - lastUsed;
  if (unused < unusedFor)
    return keep('unused-for', `it was used ${days(unused)} ago, less than ${days(unusedFor)}`);
  return {
    action: 'delete',
    rule: 'unused-for',
    reason: `it was not used for ${days(unused)}, more than ${days(unusedFor)}`,
  };
}

/** Keeping an image keeps what it is built on, and so on down. */
function keepBases(
  items: readonly PruneItem[],
  decided: readonly PruneDecision[],
): PruneDecision[] {
  const decisions = [...decided];
  for (let changed = true; changed; ) {
    changed = false;
    const needed = new Map(
      items.flatMap(({ base, name }, at) =>
        base && decisions[at]?.action === 'keep' ? [[base, name] as const] : [],
      ),
    );
    for (const [at, item] of items.entries()) {
      const kept = item.digest && needed.get(item.digest);
      const decision = decisions[at];
      if (kept === undefined || decision?.action !== 'delete') continue;
      decisions[at] = { ...decision, ...keep('base', `${kept} is built on it`) };
      changed = true;
    }
  }
  return decisions;
}

function rankByName(sorted: readonly PruneItem[]): ReadonlyMap<PruneItem, number> {
  const counts = new Map<string, number>();
  return new Map(
    sorted.map((item) => {
      const rank = (counts.get(item.name) ?? 0) + 1;
      counts.set(item.name, rank);
      return [item, rank];
    }),
  );
}

function keep(rule: PruneRule, reason: string): Verdict {
  return { action: 'keep', rule, reason };
}

function shown({
  name,
  path,
  kind,
  bytes,
}: PruneItem): Pick<PruneDecision, 'name' | 'path' | 'kind' | 'bytes'> {
  return { name, path, kind, bytes };
}

/** What has no date counts as newest: it is not known to be old. */
function newestFirst(a: PruneItem, b: PruneItem): number {
  return (b.created ?? Infinity) === (a.created ?? Infinity)
    ? 0
    : (b.created ?? Infinity) - (a.created ?? Infinity);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function days(milliseconds: number): string {
  const hours = milliseconds / 3_600_000;
  return hours < 48 ? `${Math.round(hours * 10) / 10} hours` : `${Math.round(hours / 24)} days`;
}
