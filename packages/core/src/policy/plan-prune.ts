import { remove, judge, keep, type Ranks, type Verdict } from './judge.js';
import type {
  PruneDecision,
  PruneFacts,
  PruneItem,
  PruneKind,
  PrunePlan,
  PruneRules,
  Shortfall,
} from './prune-model.js';
import { Space } from './space.js';

/**
 * Decides which items to delete. Pure; the result does not depend on the order of `items`. Leftovers, orphans and items
 * selected by the rules on age and use are deleted first; then, until the limits on space are met, other unprotected
 * items: copies first, then the least recently used. Never deleted: items that are pinned, in use, the newest of their
 * name, younger than `minAge`, of unknown age, or the base of an image that stays.
 */
export function planPrune(
  items: readonly PruneItem[],
  rules: PruneRules,
  facts: PruneFacts,
): PrunePlan {
  const sorted = [...items].sort(
    (a, b) =>
      compare(a.name, b.name) ||
      creationOrder(a, b) ||
      compare(a.kind, b.kind) ||
      compare(a.path, b.path),
  );
  const ranks = ranksOf(sorted);
  const plan = new Plan(sorted, rules, facts);
  const { now, isInScope = () => true } = facts;
  const verdicts = new Map(
    sorted.map((item) => [
      item,
      isInScope(item)
        ? judge(item, ranks(item), rules, now)
        : keep('out-of-scope', 'it was not selected'),
    ]),
  );
  for (const [item, verdict] of verdicts) plan.settle(item, verdict);
  const asked = sorted
    .filter((item) => verdicts.get(item)?.action === 'delete')
    .sort(deletionOrder);
  plan.deleteAll(asked, (item) => verdicts.get(item) ?? keep('unknown', ''));
  const wanted = new Set(asked);
  const spare = sorted.filter((item) => verdicts.get(item)?.isSpare || wanted.has(item));
  plan.makeRoom(spare.sort(deletionOrder));
  return plan.result();
}

/** The verdicts of a plan in progress, and the space that it frees. */
class Plan {
  readonly #items: readonly PruneItem[];
  readonly #rules: PruneRules;
  readonly #facts: PruneFacts;
  readonly #space: Space;
  readonly #verdicts = new Map<PruneItem, Verdict>();
  readonly #freed = new Map<PruneItem, number>();

  constructor(items: readonly PruneItem[], rules: PruneRules, facts: PruneFacts) {
    this.#items = items;
    this.#rules = rules;
    this.#facts = facts;
    this.#space = new Space(items, facts);
  }

  settle(item: PruneItem, verdict: Verdict): void {
    this.#verdicts.set(item, verdict);
  }

  /** Deletes the selected items as far as bases and the reserve allow; a base is retried after its dependents. */
  deleteAll(asked: readonly PruneItem[], why: (item: PruneItem) => Verdict): void {
    let waiting = asked;
    for (let before = -1; before !== waiting.length; ) {
      before = waiting.length;
      waiting = waiting.filter((item) => !this.#tryDelete(item, why(item)));
    }
  }

  /** Deletes in order until every limit on space is met. */
  makeRoom(spare: readonly PruneItem[]): void {
    const { maxUsed } = this.#rules;
    const tooMuch = () => maxUsed !== undefined && this.#space.used > maxUsed;
    this.#deleteWhile(spare, tooMuch, remove('max-used', 'more is kept than max_used allows'));
    for (const { id } of this.#facts.volumes) {
      const there = spare.filter(({ volume }) => volume === id);
      const tooFull = () => this.#missingOn(id) > 0;
      this.#deleteWhile(there, tooFull, remove('min-free', 'less is free than min_free requires'));
    }
  }

  result(): PrunePlan {
    const decisions = this.#items.map((item): PruneDecision => {
      const { name, path, kind, contents } = item;
      const { isSpare: _, ...verdict } = this.#verdicts.get(item) ?? keep('unknown', '');
      const size = contents.reduce((sum, { bytes }) => sum + bytes, 0);
      return { name, path, kind, ...verdict, bytes: this.#freed.get(item) ?? size };
    });
    const freedBytes = [...this.#freed.values()].reduce((sum, bytes) => sum + bytes, 0);
    return { decisions, freedBytes, shortfalls: this.#shortfalls() };
  }

  #deleteWhile(spare: readonly PruneItem[], isShort: () => boolean, why: Verdict): void {
    for (let progress = true; progress; ) {
      progress = false;
      for (const item of spare) {
        if (!isShort()) return;
        if (this.#freed.has(item) || item.contents.every(({ bytes }) => bytes === 0)) continue;
        progress = this.#tryDelete(item, why) || progress;
      }
    }
  }

  #tryDelete(item: PruneItem, why: Verdict): boolean {
    const dependent = this.#space.dependentOf(item);
    if (dependent !== undefined) {
      this.settle(item, keep('base', `${dependent} is built on it`));
      return false;
    }
    const { reserved } = this.#rules;
    const isGarbage = item.kind === 'leftover' || item.isOrphan === true;
    const left = this.#space.used - this.#space.bytesFreedBy(item);
    if (!isGarbage && reserved !== undefined && left < reserved) {
      this.settle(item, keep('reserved', 'without it, less than the reserved size would be left'));
      return false;
    }
    this.settle(item, why);
    this.#freed.set(item, this.#space.release(item));
    return true;
  }

  #missingOn(volume: string): number {
    const there = this.#facts.volumes.find(({ id }) => id === volume);
    const wanted = Math.max(this.#rules.minFree ?? 0, there?.wanted ?? 0);
    return wanted - (there?.free ?? Infinity) - (this.#space.freed.get(volume) ?? 0);
  }

  #shortfalls(): Shortfall[] {
    const { maxUsed = Infinity } = this.#rules;
    const all: Shortfall[] = [
      { rule: 'max-used', path: '', bytes: this.#space.used - maxUsed },
      ...this.#facts.volumes.map(({ id, path }) => ({
        rule: 'min-free' as const,
        path,
        bytes: this.#missingOn(id),
      })),
    ];
    return all.filter(({ bytes }) => bytes > 0);
  }
}

/** Copies first, which can be restored, then the least recently used. */
function deletionOrder(a: PruneItem, b: PruneItem): number {
  return (
    Number(b.isCopy === true) - Number(a.isCopy === true) ||
    (a.lastUsed ?? Infinity) - (b.lastUsed ?? Infinity) ||
    compare(a.name, b.name) ||
    compare(a.kind, b.kind) ||
    compare(a.path, b.path)
  );
}

const RANKED: ReadonlySet<PruneKind> = new Set(['archive', 'store', 'registry', 'share']);

/** Ranks archives and images together; copies and orphans are not counted. */
function ranksOf(sorted: readonly PruneItem[]): (item: PruneItem) => Ranks {
  const places = new Map<PruneItem, Record<keyof Ranks, number>>();
  const counts = new Map<string, number>();
  const next = (group: string): number => {
    const rank = (counts.get(group) ?? 0) + 1;
    counts.set(group, rank);
    return rank;
  };
  const named = sorted.filter(
    ({ kind, isOrphan, isCopy }) => RANKED.has(kind) && !isOrphan && !isCopy,
  );
  for (const item of named)
    places.set(item, { name: next(`name ${item.name}`), project: 1, os: 1 });
  for (const item of [...named].sort(creationOrder)) {
    const place = places.get(item);
    if (!place) continue;
    place.project = next(`project ${item.project ?? ''}`);
    place.os = next(`os ${item.os ?? ''}`);
  }
  return (item) => places.get(item) ?? { name: Infinity, project: Infinity, os: Infinity };
}

/** An item without a date counts as newest: it may not be old. */
function creationOrder(a: PruneItem, b: PruneItem): number {
  const [left, right] = [a.created ?? Infinity, b.created ?? Infinity];
  return left === right ? 0 : right - left;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
