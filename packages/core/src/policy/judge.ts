import ms from 'ms';
import type { PruneDecision, PruneItem, PruneRules } from './prune-model.js';
import { option, textField, wording, type Wording } from '../wording.js';

export type Verdict = Pick<PruneDecision, 'action' | 'rule' | 'reason' | 'wording'> & {
  /** Kept only because no rule deletes it: a limit on space may still delete it. */
  readonly isSpare?: boolean;
};

/** Rank of an item within its name, project and operating system; 1 is the newest. */
export type Ranks = Readonly<Record<'name' | 'project' | 'os', number>>;

/** A process may still be writing a leftover younger than this (ms). */
export const LEFTOVER_GRACE_MS = 60 * 60 * 1000;

const USES: Readonly<Partial<Record<PruneItem['kind'], string>>> = {
  registry: 'a client requested it recently',
  share: 'this checkout makes it',
};

/** Judges one item by its own age, use and protection; bases and space are considered later. */
export function judge(item: PruneItem, ranks: Ranks, all: PruneRules, now: number): Verdict {
  const { created, lastUsed } = item;
  if (item.kind === 'nx-cache')
    return keep(
      'nx-cache',
      'it belongs to Nx (nx reset clears it); the next run may restore pruned images from it',
    );
  if (item.pinned) return keep('pinned', 'it is pinned');
  if (item.pinnedBy !== undefined) return keep('pinned', `the engine pins it (${item.pinnedBy})`);
  if (item.inUse) return keep('in-use', USES[item.kind] ?? 'a container uses it');
  if (item.kind === 'leftover') return judgeLeftover(item, now);
  const rules = { ...all, ...item.rules };
  if (item.isOrphan && !rules.orphans)
    return keep('unknown', wording`it has no record; ${option('orphans')} allows deleting it`);
  if (!item.isOrphan && !item.isCopy && ranks.name === 1)
    return keep('newest', 'it is the newest of its name');
  if (created === undefined || lastUsed === undefined) return keep('unknown', 'its age is unknown');
  const { minAge, unusedFor } = rules;
  if (minAge !== undefined && now - created < minAge)
    return keep('min-age', `it is ${age(now - created)} old, younger than ${age(minAge)}`);
  if (item.isOrphan) return remove('orphan', 'it has no record');
  const newest = item.isCopy ? undefined : reasonToKeepNewest(rules, ranks);
  if (newest !== undefined) return keep('keep-newest', newest);
  const unused = now - lastUsed;
  if (unusedFor !== undefined)
    return unused < unusedFor
      ? keepUnlessShort('unused-for', `it was used ${age(unused)} ago, less than ${age(unusedFor)}`)
      : remove('unused-for', `it was not used for ${age(unused)}, more than ${age(unusedFor)}`);
  if (rules.keepNewest !== undefined && !item.isCopy)
    return remove(
      'keep-newest',
      `it is number ${ranks.name} of its name, beyond the number to keep`,
    );
  return keepUnlessShort('no-rule', 'no rule deletes it');
}

function judgeLeftover({ created }: PruneItem, now: number): Verdict {
  if (created === undefined) return keep('unknown', 'its age is unknown');
  return now - created < LEFTOVER_GRACE_MS
    ? keep('min-age', 'a process may still be writing it')
    : remove(
        'leftover',
        'nothing needs it: an interrupted process left it, or it was not used for a month',
      );
}

function reasonToKeepNewest({ keepNewest = {} }: PruneRules, ranks: Ranks): string | undefined {
  for (const group of ['name', 'project', 'os'] as const) {
    const count = keepNewest[group];
    if (count !== undefined && ranks[group] <= count)
      return `it is number ${ranks[group]} of the ${count} newest of its ${group}`;
  }
  return undefined;
}

export function keep(rule: Verdict['rule'], reason: string | Wording): Verdict {
  return { action: 'keep', rule, ...textField('reason', reason) };
}

export function remove(rule: Verdict['rule'], reason: string): Verdict {
  return { action: 'delete', rule, reason };
}

function keepUnlessShort(rule: Verdict['rule'], reason: string): Verdict {
  return { ...keep(rule, reason), isSpare: true };
}

function age(milliseconds: number): string {
  return ms(Math.max(0, Math.round(milliseconds)), { long: true });
}
