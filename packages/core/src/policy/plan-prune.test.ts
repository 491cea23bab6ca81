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
      'keeps what was used',
      three,
      { unusedFor: 30 * DAY },
      { new: 'keep newest', mid: 'keep unused-for', old: 'delete unused-for' },
    ],
    [
      'needs both rules to agree',
      three,
      { keepNewest: { name: 1 }, unusedFor: 30 * DAY },
      { new: 'keep newest', mid: 'keep unused-for', old: 'delete unused-for' },
    ],
    [
      'spares the young',
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
      'keeps pinned',
      [item('new', 1), item('old', 90, { pinned: true })],
      { keepNewest: { name: 1 } },
      { new: 'keep newest', old: 'keep pinned' },
    ],
    [
      'keeps what a container uses',
      [item('new', 1), item('old', 90, { inUse: true })],
      { keepNewest: { name: 1 } },
      { new: 'keep newest', old: 'keep in-use' },
    ],
    [
      'keeps the base of what is kept, and its base',
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

  it('keeps what has no date', () => {
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
      'keeps the newest of a project and of a system',
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
      'deletes what was used longest ago until no more is kept than may be',
      three,
      { unusedFor: 100 * DAY, maxUsed: 20 },
      {},
      { new: 'keep newest', mid: 'keep unused-for', old: 'delete max-used' },
    ],
    [
      'leaves enough free',
      three,
      { minFree: 100 },
      disk(85),
      { new: 'keep newest', mid: 'delete min-free', old: 'delete min-free' },
    ],
    [
      'deletes nothing when enough is free',
      three,
      { minFree: 100 },
      disk(100),
      { new: 'keep newest', mid: 'keep no-rule', old: 'keep no-rule' },
    ],
    [
      'never goes below what is reserved',
      three,
      { maxUsed: 0, reserved: 20 },
      {},
      { new: 'keep newest', mid: 'keep reserved', old: 'delete max-used' },
    ],
    [
      'deletes copies first, the newest of their name too',
      [item('archive', 1), item('older', 90), item('copy', 1, { kind: 'engine', isCopy: true })],
      { maxUsed: 20 },
      {},
      { archive: 'keep newest', older: 'keep no-rule', copy: 'delete max-used' },
    ],
    [
      'lets orphans go only when told',
      [item('x', 1, { isOrphan: true })],
      {},
      {},
      { x: 'keep unknown' },
    ],
    [
      'lets orphans go',
      [item('x', 1, { isOrphan: true }), item('y', 0, { isOrphan: true })],
      { orphans: true, minAge: DAY },
      {},
      { x: 'delete orphan', y: 'keep min-age' },
    ],
    [
      'takes leftovers away once nobody can be writing them',
      [item('x', 1, { kind: 'leftover' }), item('y', 0.01, { kind: 'leftover' })],
      {},
      {},
      { x: 'delete leftover', y: 'keep min-age' },
    ],
    [
      'follows what a definition says of its own',
      [item('new', 1), item('old', 90, { rules: { unusedFor: 100 * DAY } })],
      { unusedFor: DAY },
      {},
      { new: 'keep newest', old: 'keep unused-for' },
    ],
    [
      'only shows what is Nx’s',
      [item('x', 99, { kind: 'nx-cache' })],
      { maxUsed: 0 },
      {},
      { x: 'keep nx-cache' },
    ],
  ])('%s', (_what, items, rules, more, expected) => {
    expect(actions(items, rules, more)).toEqual(expected);
  });

  it('counts shared content once, and not at all where somebody else has it', () => {
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

  it('says what is missing when a bound cannot be met', () => {
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
