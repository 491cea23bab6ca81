import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DAY, digest, disk, facts, item, NOW } from '../../testing/prune-items.js';
import { planPrune } from './plan-prune.js';
import type { PruneItem, PruneRules } from './prune-model.js';

const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const specs = fc.array(
  fc.record({
    name: fc.constantFrom('a', 'b'),
    kind: fc.constantFrom('archive', 'archive', 'engine', 'store', 'leftover', 'nx-cache'),
    days: optional(fc.nat(100)),
    pinned: fc.boolean(),
    inUse: fc.boolean(),
    isOrphan: fc.boolean(),
    isCopy: fc.boolean(),
    digest: optional(fc.nat(4)),
    base: optional(fc.nat(4)),
    contents: fc.array(fc.record({ id: fc.constantFrom('s', 't'), bytes: fc.constant(7) }), {
      maxLength: 2,
    }),
  }),
  { maxLength: 12 },
);
const policies: fc.Arbitrary<PruneRules> = fc.record(
  {
    keepNewest: fc.record(
      { name: fc.integer({ min: 1, max: 3 }), project: fc.integer({ min: 1, max: 3 }) },
      { requiredKeys: [] },
    ),
    unusedFor: fc.nat(90).map((days) => days * DAY),
    minAge: fc.nat(20).map((days) => days * DAY),
    maxUsed: fc.nat(80),
    minFree: fc.nat(80),
    reserved: fc.nat(40),
    orphans: fc.boolean(),
  },
  { requiredKeys: [] },
);
const itemsOf = (
  all: Parameters<typeof specs.filter>[0] extends (v: infer T) => unknown ? T : never,
) =>
  all.map(({ days, digest: d, base, kind, ...more }, at): PruneItem => {
    const { created, lastUsed, ...rest } = item(`p${at}`, days ?? 0);
    return {
      ...rest,
      ...more,
      kind: kind,
      contents: [{ id: `own ${at}`, bytes: 10 }, ...more.contents],
      ...(days === undefined ? {} : { created: created ?? 0, lastUsed: lastUsed ?? 0 }),
      ...(d === undefined ? {} : { digest: digest(d) }),
      ...(base === undefined ? {} : { base: digest(base) }),
    };
  });

it('never deletes a protected item, for any items and rules', () => {
  fc.assert(
    fc.property(specs, policies, (all, rules) => {
      const items = itemsOf(all);
      const { decisions } = planPrune(items, rules, facts(disk(20)));
      const gone = new Set(
        decisions.filter(({ action }) => action === 'delete').map(({ path }) => path),
      );
      const left = items.filter(({ path }) => !gone.has(path));
      for (const each of items.filter(({ path }) => gone.has(path))) {
        expect(each.pinned || each.inUse || each.kind === 'nx-cache').toBe(false);
        expect(each.created).toBeDefined();
        if (each.kind === 'leftover') continue;
        expect(NOW - (each.created ?? NOW)).toBeGreaterThanOrEqual(rules.minAge ?? 0);
        if (each.isOrphan || each.isCopy) continue;
        const rivals = left.filter(
          ({ name, kind, isOrphan, isCopy }) =>
            name === each.name && (kind === 'archive' || kind === 'store') && !isOrphan && !isCopy,
        );
        if (each.kind === 'engine') continue;
        expect(rivals.some(({ created }) => (created ?? Infinity) >= (each.created ?? 0))).toBe(
          true,
        );
        expect(
          left.some(
            ({ base, kind }) => kind !== 'nx-cache' && base !== undefined && base === each.digest,
          ),
        ).toBe(false);
      }
    }),
    { numRuns: 500 },
  );
});

it('does not depend on the order of items', () => {
  fc.assert(
    fc.property(specs, policies, fc.infiniteStream(fc.nat()), (all, rules, order) => {
      const items = itemsOf(all);
      const shuffled = items
        .map((each) => [each, order.next().value] as const)
        .sort(([, a], [, b]) => a - b)
        .map(([each]) => each);
      const plan = planPrune(items, rules, facts(disk(20)));
      expect(planPrune(shuffled, rules, facts(disk(20)))).toEqual(plan);
    }),
  );
});

it('frees the bytes it reports, and meets its limits or reports the shortfall', () => {
  fc.assert(
    fc.property(specs, policies, (all, rules) => {
      const items = itemsOf(all);
      const { decisions, freedBytes, shortfalls } = planPrune(items, rules, facts(disk(20)));
      const gone = new Set(
        decisions.filter(({ action }) => action === 'delete').map(({ path }) => path),
      );
      const size = (some: readonly PruneItem[]) =>
        [
          ...new Map(
            some.flatMap(({ contents }) => contents.map(({ id, bytes }) => [id, bytes] as const)),
          ).values(),
        ].reduce((sum, bytes) => sum + bytes, 0);
      const counted = items.filter(({ kind }) => kind !== 'nx-cache');
      const left = size(counted.filter(({ path }) => !gone.has(path)));
      expect(freedBytes).toBe(size(counted) - left);
      const missing = Object.fromEntries(shortfalls.map(({ rule, bytes }) => [rule, bytes]));
      expect(missing['max-used'] ?? 0).toBe(Math.max(0, left - (rules.maxUsed ?? Infinity)));
      expect(missing['min-free'] ?? 0).toBe(Math.max(0, (rules.minFree ?? 0) - 20 - freedBytes));
    }),
  );
});
