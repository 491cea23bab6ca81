import { describe, expect, it } from 'vitest';
import { matchesAny } from './wildcards.js';
import { DAY, digest, disk, facts, item } from '../../testing/prune-items.js';
import { planPrune } from './plan-prune.js';
import type { PruneFacts, PruneItem, PruneRules } from './prune-model.js';

function actions(
  items: readonly PruneItem[],
  rules: PruneRules,
  more: Partial<PruneFacts> = {},
): Record<string, string> {
  return Object.fromEntries(
    planPrune(items, rules, facts(more)).decisions.map(({ path, action, rule }) => [
      path,
      `${action} ${rule}`,
    ]),
  );
}

describe('a plan to prune', () => {
  const three = [item('new', 1), item('mid', 20), item('old', 90)];

  it.each<[string, readonly PruneItem[], PruneRules, Record<string, string>]>([
    [
      'deletes nothing without a rule',
      three,
      {},
      { new: 'keep newest', mid: 'keep no-rule', old: 'keep no-rule' },
    ],
    [
      'keeps the newest N',
      three,
      { keepNewest: { name: 2 } },
      { new: 'keep newest', mid: 'keep keep-newest', old: 'delete keep-newest' },
    ],
    [
      'keeps recently used items',
      three,
      { unusedFor: 30 * DAY },
      { new: 'keep newest', mid: 'keep unused-for', old: 'delete unused-for' },
    ],
    [
      'deletes only items that both rules select',
      three,
      { keepNewest: { name: 1 }, unusedFor: 30 * DAY },
      { new: 'keep newest', mid: 'keep unused-for', old: 'delete unused-for' },
    ],
    [
      'keeps items younger than the minimum age',
      three,
      { keepNewest: { name: 1 }, minAge: 30 * DAY },
      { new: 'keep newest', mid: 'keep min-age', old: 'delete keep-newest' },
    ],
    [
      'never deletes the newest of its name',
      [item('only', 999)],
      { unusedFor: DAY },
      { only: 'keep newest' },
    ],
    [
      'keeps pinned items',
      [item('new', 1), item('old', 90, { pinned: true })],
      { keepNewest: { name: 1 } },
      { new: 'keep newest', old: 'keep pinned' },
    ],
    [
      'keeps items in use',
      [item('new', 1), item('old', 90, { inUse: true })],
      { keepNewest: { name: 1 } },
      { new: 'keep newest', old: 'keep in-use' },
    ],
    [
      'keeps the base of a kept image, and the base of that base',
      [
        item('new', 1, { base: digest(1) }),
        item('other-new', 1, { name: 'other' }),
        item('other-mid', 50, { name: 'other', digest: digest(1), base: digest(2) }),
        item('other-old', 90, { name: 'other', digest: digest(2) }),
        item('other-oldest', 99, { name: 'other' }),
      ],
      { keepNewest: { name: 1 } },
      {
        new: 'keep newest',
        'other-new': 'keep newest',
        'other-mid': 'keep base',
        'other-old': 'keep base',
        'other-oldest': 'delete keep-newest',
      },
    ],
  ])('%s', (_what, items, rules, expected) => {
    expect(actions(items, rules)).toEqual(expected);
  });

  it('keeps items without a date', () => {
    const { created: _, lastUsed: __, ...undated } = item('undated', 0);
    expect(
      actions([undated, item('a', 1), item('b', 2)], { keepNewest: { name: 1 } }),
    ).toMatchObject({
      undated: 'keep newest',
    });
    expect(
      actions([undated, { ...undated, path: 'undated-2' }], { keepNewest: { name: 1 } })[
        'undated-2'
      ],
    ).toBe('keep unknown');
  });

  it.each<[string, readonly PruneItem[], PruneRules, Partial<PruneFacts>, Record<string, string>]>([
    [
      'keeps the newest of a project and of an operating system',
      [
        item('new', 1, { project: 'p', os: 'o' }),
        item('mid', 2, { project: 'p', os: 'o' }),
        item('old', 3, { project: 'p', os: 'o' }),
        item('older', 4, { project: 'p', os: 'o' }),
      ],
      { keepNewest: { name: 1, project: 2, os: 3 } },
      {},
      {
        new: 'keep newest',
        mid: 'keep keep-newest',
        old: 'keep keep-newest',
        older: 'delete keep-newest',
      },
    ],
    [
      'deletes the least recently used until the total size is within its limit',
      three,
      { unusedFor: 100 * DAY, maxUsed: 20 },
      {},
      { new: 'keep newest', mid: 'keep unused-for', old: 'delete max-used' },
    ],
    [
      'deletes until enough space is free',
      three,
      { minFree: 100 },
      disk(85),
      { new: 'keep newest', mid: 'delete min-free', old: 'delete min-free' },
    ],
    [
      'deletes nothing when enough space is free',
      three,
      { minFree: 100 },
      disk(100),
      { new: 'keep newest', mid: 'keep no-rule', old: 'keep no-rule' },
    ],
    [
      'keeps the reserved size',
      three,
      { maxUsed: 0, reserved: 20 },
      {},
      { new: 'keep newest', mid: 'keep reserved', old: 'delete max-used' },
    ],
    [
      'deletes copies first, even the newest of their name',
      [item('archive', 1), item('older', 90), item('copy', 1, { kind: 'engine', isCopy: true })],
      { maxUsed: 20 },
      {},
      { archive: 'keep newest', older: 'keep no-rule', copy: 'delete max-used' },
    ],
    ['keeps orphans by default', [item('x', 1, { isOrphan: true })], {}, {}, { x: 'keep unknown' }],
    [
      'deletes orphans when told to',
      [item('x', 1, { isOrphan: true }), item('y', 0, { isOrphan: true })],
      { orphans: true, minAge: DAY },
      {},
      { x: 'delete orphan', y: 'keep min-age' },
    ],
    [
      'deletes leftovers that no process can still be writing',
      [item('x', 1, { kind: 'leftover' }), item('y', 0.01, { kind: 'leftover' })],
      {},
      {},
      { x: 'delete leftover', y: 'keep min-age' },
    ],
    [
      'prefers the rules of a definition',
      [item('new', 1), item('old', 90, { rules: { unusedFor: 100 * DAY } })],
      { unusedFor: DAY },
      {},
      { new: 'keep newest', old: 'keep unused-for' },
    ],
    [
      'never deletes from the cache of Nx',
      [item('x', 99, { kind: 'nx-cache' })],
      { maxUsed: 0 },
      {},
      { x: 'keep nx-cache' },
    ],
  ])('%s', (_what, items, rules, more, expected) => {
    expect(actions(items, rules, more)).toEqual(expected);
  });

  it('counts shared content once, and content held elsewhere not at all', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((id) => ({ id, bytes: 10 })) as [never, never, never];
    const items = [
      item('1', 90, { kind: 'store', isCopy: true, contents: [a, b, c] }),
      item('2', 91, { kind: 'store', isCopy: true, contents: [b, c] }),
    ];
    const { decisions, freedBytes } = planPrune(
      items,
      { unusedFor: DAY },
      facts({ held: new Set(['c']) }),
    );
    expect(decisions.map(({ path, bytes }) => [path, bytes])).toEqual([
      ['1', 20],
      ['2', 0],
    ]);
    expect(freedBytes).toBe(20);
  });

  it('reports the missing bytes when a limit cannot be met', () => {
    const { shortfalls } = planPrune(
      [item('only', 99)],
      { maxUsed: 4, minFree: 50 },
      facts(disk(20)),
    );
    expect(shortfalls).toEqual([
      { rule: 'max-used', path: '', bytes: 6 },
      { rule: 'min-free', path: '/', bytes: 30 },
    ]);
  });
});

it.each([
  ['app-ubuntu-25.04-gcc15', ['app-*'], true],
  ['app-ubuntu-25.04-gcc15', ['app-ubuntu-25.04-gcc15'], true],
  ['app-ubuntu-25x04-gcc15', ['app-ubuntu-25.04-gcc15'], false],
  ['app', [], false],
])('pins %s with %j: %s', (name, patterns, expected) => {
  expect(matchesAny(name, patterns)).toBe(expected);
});
