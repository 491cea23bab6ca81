import ms from 'ms';
import type { PruneDecision, PruneItem, PruneRules } from './prune-model.js';

export type Verdict = Pick<PruneDecision, 'action' | 'rule' | 'reason'> & {
  /** Kept for want of a reason to go: a bound on space may still ask for it. */
  readonly isSpare?: boolean;
};

/** The place of an item among those of its name, project, operating system; 1 is the newest. */
export type Ranks = Readonly<Record<'name' | 'project' | 'os', number>>;

/** What a process may still be writing (ms). */
const LIVELY = 60 * 60 * 1000;

/** What age, use and people say of one item, by itself. */
export function judge(item: PruneItem, ranks: Ranks, all: PruneRules, now: number): Verdict {
  const { created, lastUsed } = item;
  if (item.kind === 'nx-cache')
    return keep(
      'nx-cache',
      'it is Nx’s own (nx reset clears it); the next run may restore from it what is pruned here',
    );
  if (item.pinned) return keep('pinned', 'it is pinned');
  if (item.inUse)
    return keep(
      'in-use',
      item.kind === 'registry' ? 'somebody asked for it just now' : 'a container uses it',
    );
  if (item.kind === 'leftover') return judgeLeftover(item, now);
  const rules = { ...all, ...item.rules };
  if (item.isOrphan && !rules.orphans)
    return keep('unknown', 'nobody recorded what it is; --orphans lets it go');
  if (!item.isOrphan && !item.isCopy && ranks.name === 1)
    return keep('newest', 'it is the newest of its name');
  if (created === undefined || lastUsed === undefined)
    return keep('unknown', 'nobody knows how old it is');
  const { minAge, unusedFor } = rules;
  if (minAge !== undefined && now - created < minAge)
    return keep('min-age', `it is ${age(now - created)} old, younger than ${age(minAge)}`);
  if (item.isOrphan) return go('orphan', 'nobody recorded what it is');
  const newest = item.isCopy ? undefined : amongNewest(rules, ranks);
  if (newest !== undefined) return keep('keep-newest', newest);
  const unused = now - lastUsed;
  if (unusedFor !== undefined)
    return unused < unusedFor
      ? spare('unused-for', `it was used ${age(unused)} ago, less than ${age(unusedFor)}`)
      : go('unused-for', `it was not used for ${age(unused)}, more than ${age(unusedFor)}`);
  if (rules.keepNewest !== undefined && !item.isCopy)
    return go('keep-newest', `it is number ${ranks.name} of its name, beyond those that are kept`);
  return spare('no-rule', 'no rule asks for it to go');
}

function judgeLeftover({ created }: PruneItem, now: number): Verdict {
  if (created === undefined) return keep('unknown', 'nobody knows how old it is');
  return now - created < LIVELY
    ? keep('min-age', 'a process may still be writing it')
    : go('leftover', 'a process that died left it');
}

function amongNewest({ keepNewest = {} }: PruneRules, ranks: Ranks): string | undefined {
  for (const group of ['name', 'project', 'os'] as const) {
    const count = keepNewest[group];
    if (count !== undefined && ranks[group] <= count)
      return `it is number ${ranks[group]} of the ${count} newest of its ${group}`;
  }
  return undefined;
}

export function keep(rule: Verdict['rule'], reason: string): Verdict {
  return { action: 'keep', rule, reason };
}

export function go(rule: Verdict['rule'], reason: string): Verdict {
  return { action: 'delete', rule, reason };
}

function spare(rule: Verdict['rule'], reason: string): Verdict {
  return { ...keep(rule, reason), isSpare: true };
}

function age(milliseconds: number): string {
  return ms(Math.max(0, Math.round(milliseconds)), { long: true });
}
