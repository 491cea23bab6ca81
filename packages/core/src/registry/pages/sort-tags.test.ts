import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isAfter, sortTags } from './sort-tags.js';

it.each<readonly string[]>([
  ['latest', '10.0', '9.1', 'edge'],
  ['v1.10.0', 'v1.9.2', '1.9.1', 'v1.9.0'],
  ['1.21.5', '1.21', '1.21-alpine', '1.21-bookworm', '1.21-rc.2', '1.21-rc1', '1.20'],
  ['2024-11-02', '2024-10-31', '2024-9-30', 'main'],
  ['20241102', '20240101', '3fa91c', 'a1', 'a2', 'a10', 'pr-9', 'pr-10'],
  ['2', '1.0-2', '1.0-1', '1.0', '1.0-beta3', '1.0-beta2', '1.0-alpha'],
  [`${'9'.repeat(100)}`, `${'8'.repeat(100)}`, '1'],
])('sorts %s', (...sorted) => {
  expect(sortTags([...sorted].sort())).toEqual(sorted);
  expect(sortTags([...sorted].reverse())).toEqual(sorted);
});

it('is a total order', () => {
  const tag = fc.stringMatching(/^[\dv][a-c\d._-]{0,8}$/);
  fc.assert(
    fc.property(fc.uniqueArray(tag, { maxLength: 6 }), (tags) => {
      const sorted = sortTags(tags);
      expect(sortTags([...sorted].reverse())).toEqual(sorted);
      for (const [at, each] of sorted.entries())
        expect(sorted.map((other) => isAfter(other, each))).toEqual(
          sorted.map((_, other) => other > at),
        );
    }),
  );
});
