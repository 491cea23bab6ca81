import { expect, it } from 'vitest';
import { DAY, item, NOW } from '../../testing/prune-items.js';
import { judge, type Ranks } from './judge.js';
import type { PruneItem, PruneRules } from './prune-model.js';

const SECOND: Ranks = { name: 2, project: 2, os: 2 };

const verdict = (
  more: Partial<PruneItem>,
  rules: PruneRules = {},
  ranks: Ranks = SECOND,
  days = 100,
) => judge(item('a.tar', days, more), ranks, rules, NOW);

it.each<[string, Partial<PruneItem>, PruneRules]>([
  ['pinned', { pinned: true }, { unusedFor: DAY }],
  ['pinned', { pinnedBy: 'label' }, { unusedFor: DAY }],
  ['in-use', { inUse: true }, { unusedFor: DAY }],
  ['nx-cache', { kind: 'nx-cache', pinned: true }, { unusedFor: DAY }],
  ['unknown', { isOrphan: true }, { unusedFor: DAY }],
  ['min-age', {}, { minAge: 101 * DAY, unusedFor: DAY }],
  ['keep-newest', {}, { keepNewest: { project: 2 }, unusedFor: DAY }],
  ['unused-for', {}, { unusedFor: 101 * DAY }],
  ['no-rule', {}, {}],
])('keeps by the rule %s', (rule, more, rules) => {
  expect(verdict(more, rules)).toMatchObject({ action: 'keep', rule });
});

it.each<[string, Partial<PruneItem>, PruneRules]>([
  ['unused-for', {}, { unusedFor: DAY }],
  ['unused-for', {}, { keepNewest: { name: 1 }, unusedFor: DAY }],
  ['keep-newest', {}, { keepNewest: { name: 1 } }],
  ['orphan', { isOrphan: true }, { orphans: true }],
  ['leftover', { kind: 'leftover' }, {}],
  ['unused-for', { rules: { unusedFor: DAY } }, { unusedFor: 1000 * DAY }],
])('deletes by the rule %s', (rule, more, rules) => {
  expect(verdict(more, rules)).toMatchObject({ action: 'delete', rule });
});

it('says by which label an engine pins an image', () => {
  expect(verdict({ pinnedBy: 'a.label' }).reason).toBe('the engine pins it (a.label)');
});

it('keeps the newest of a name whatever the rules, but not as a copy of an archive', () => {
  const first: Ranks = { name: 1, project: 1, os: 1 };
  const rules = { unusedFor: DAY, keepNewest: { name: 3 } };
  expect(verdict({}, rules, first)).toMatchObject({ action: 'keep', rule: 'newest' });
  expect(verdict({ isCopy: true }, rules, first)).toMatchObject({ action: 'delete' });
});

it('keeps an item of unknown age', () => {
  const { created: _, lastUsed: __, ...unknown } = item('a.tar', 100);
  for (const kind of ['archive', 'leftover'] as const)
    expect(judge({ ...unknown, kind }, SECOND, { unusedFor: DAY }, NOW)).toMatchObject({
      action: 'keep',
      rule: 'unknown',
    });
});

it('keeps a leftover for an hour, as a process may still write it', () => {
  const hours = (count: number) => verdict({ kind: 'leftover' }, {}, SECOND, count / 24);
  expect(hours(0.9)).toMatchObject({ action: 'keep', rule: 'min-age' });
  expect(hours(1)).toMatchObject({ action: 'delete', rule: 'leftover' });
});

it('lets a limit on space delete only what no rule protects', () => {
  expect(verdict({}).isSpare).toBe(true);
  expect(verdict({}, { unusedFor: 101 * DAY }).isSpare).toBe(true);
  for (const more of [{ pinned: true }, { pinnedBy: 'label' }, { inUse: true }, { isOrphan: true }])
    expect(verdict(more).isSpare).toBeUndefined();
  expect(verdict({}, { minAge: 101 * DAY }).isSpare).toBeUndefined();
});
