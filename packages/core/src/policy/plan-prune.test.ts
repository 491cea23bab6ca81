import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Digest } from '../oci/digest.js';
import { isPinned } from './pins.js';
import { planPrune, type PruneItem, type PruneRules } from './plan-prune.js';

const DAY = 86_400_000;
const NOW = 1000 * DAY;
const digest = (n: number): Digest => `sha256:${String(n).padStart(64, '0')}`;

function item(path: string, days: number, more: Partial<PruneItem> = {}): PruneItem {
  return {
    name: 'app',
    path,
    kind: 'archive',
    bytes: 10,
    created: NOW - days * DAY,
    lastUsed: NOW - days * DAY,
    pinned: false,
    inUse: false,
    ...more,
  };
}

function actions(items: readonly PruneItem[], rules: PruneRules): Record<string, string> {
  return Object.fromEntries(
    planPrune(items, rules, NOW).map(({ path, action, rule }) => [path, `${action} ${rule}`]),
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
      { keepNewest: 2 },
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
      { keepNewest: 1, unusedFor: 30 * DAY },
      { new: 'keep newest', mid: 'keep unused-for', old: 'delete unused-for' },
    ],
    [
      'spares the young',
      three,
      { keepNewest: 1, minAge: 30 * DAY },
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
      { keepNewest: 1 },
      { new: 'keep newest', old: 'keep pinned' },
    ],
    [
      'keeps what a container uses',
      [item('new', 1), item('old', 90, { inUse: true })],
      { keepNewest: 1 },
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
      { keepNewest: 1 },
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
    expect(actions([undated, item('a', 1), item('b', 2)], { keepNewest: 1 })).toMatchObject({
      undated: 'keep newest',
    });
    expect(
      actions([undated, { ...undated, path: 'undated-2' }], { keepNewest: 1 })['undated-2'],
    ).toBe('keep unknown');
  });

  it('is the same for every order, and never deletes the newest', () => {
    const items = fc.array(
      fc.record({
        name: fc.constantFrom('a', 'b'),
        days: fc.nat(100),
        pinned: fc.boolean(),
        inUse: fc.boolean(),
        digest: fc.option(fc.nat(4)),
        base: fc.option(fc.nat(4)),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(items, fc.infiniteStream(fc.nat()), (specs, order) => {
        const all = specs.map(({ days, digest: d, base, ...more }, at) =>
          item(`p${at}`, days, {
            ...more,
            ...(d === null ? {} : { digest: digest(d) }),
            ...(base === null ? {} : { base: digest(base) }),
          }),
        );
        const shuffled = all
          .map((each) => [each, order.next().value] as const)
          .sort(([, a], [, b]) => a - b)
          .map(([each]) => each);
        const rules = { keepNewest: 1, minAge: 5 * DAY };
        const plan = planPrune(all, rules, NOW);
        expect(planPrune(shuffled, rules, NOW)).toEqual(plan);
        for (const name of new Set(all.map((each) => each.name))) {
          expect(plan.filter((each) => each.name === name)[0]?.action).toBe('keep');
        }
      }),
    );
  });
});

it.each([
  ['app-ubuntu-25.04-gcc15', ['app-*'], true],
  ['app-ubuntu-25.04-gcc15', ['app-ubuntu-25.04-gcc15'], true],
  ['app-ubuntu-25x04-gcc15', ['app-ubuntu-25.04-gcc15'], false],
  ['app', [], false],
])('pins %s with %j: %s', (name, patterns, expected) => {
  expect(isPinned(name, patterns)).toBe(expected);
});
