import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addUsage, formatUse, isUsage, mergeUsage, parseUses, type Usage } from './usage.js';

const EARLY = '2026-01-02T03:04:05.678Z';
const LATE = '2026-02-02T03:04:05.678Z';

describe('a journal of uses', () => {
  it('is summed by name, with the latest time', () => {
    const text = [
      { name: 'a', at: LATE },
      { name: 'b', at: EARLY },
      { name: 'a', at: EARLY },
    ].map(formatUse);
    expect([...parseUses(text.join(''))]).toEqual([
      ['a', { last_used: LATE, usage_count: 2 }],
      ['b', { last_used: EARLY, usage_count: 1 }],
    ]);
  });

  it('counts every whole line of a journal that is cut anywhere', () => {
    const line = formatUse({ name: 'a', at: EARLY });
    const text = line.repeat(3);
    for (let end = 0; end <= text.length; end++) {
      // The last line counts as soon as its object is closed.
      const whole = Math.floor((end + 1) / line.length);
      expect(parseUses(text.slice(0, end)).get('a')?.usage_count ?? 0).toBe(whole);
    }
  });

  it.each([
    'null',
    '[]',
    '{"name":"a"}',
    '{"name":"../a","at":"2026-01-02T03:04:05Z"}',
    '{"name":"a","at":"yesterday"}',
    '{"name":"a","at":"2026-01-02T03:04:05+01:00"}',
    '\u0000',
  ])('skips the line %j', (line) => {
    expect(parseUses(`${line}\n${formatUse({ name: 'b', at: EARLY })}`).size).toBe(1);
  });
});

describe('uses', () => {
  const usage = fc.record<Usage>({
    last_used: fc.constantFrom(EARLY, LATE),
    usage_count: fc.nat(100),
  });

  it('are merged in any order', () => {
    fc.assert(
      fc.property(usage, usage, usage, (a, b, c) => {
        expect(mergeUsage(mergeUsage(a, b), c)).toEqual(mergeUsage(a, mergeUsage(c, b)));
      }),
    );
    expect(mergeUsage(undefined, { last_used: EARLY, usage_count: 2 })).toEqual({
      last_used: EARLY,
      usage_count: 2,
    });
  });

  it('are added to an entry, which may have none', () => {
    expect(addUsage({}, undefined)).toEqual({ usage_count: 0 });
    expect(addUsage({ last_used: LATE }, { last_used: EARLY, usage_count: 2 })).toEqual({
      last_used: LATE,
      usage_count: 2,
    });
    expect(
      addUsage({ last_used: EARLY, usage_count: 3 }, { last_used: LATE, usage_count: 2 }),
    ).toEqual({ last_used: LATE, usage_count: 5 });
  });

  it.each<[unknown, boolean]>([
    [{ last_used: EARLY, usage_count: 0 }, true],
    [{ last_used: EARLY, usage_count: -1 }, false],
    [{ last_used: EARLY, usage_count: 1e13 }, false],
    [{ last_used: 'now', usage_count: 1 }, false],
    [{ usage_count: 1 }, false],
    [null, false],
  ])('in a file are checked: %j is valid: %s', (value, expected) => {
    expect(isUsage(value)).toBe(expected);
  });
});
