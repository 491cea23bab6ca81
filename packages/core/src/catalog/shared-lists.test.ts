import { expect, it } from 'vitest';
import type { EntryYaml } from './yaml/entry.js';
import { restoreLists, shareLists } from './shared-lists.js';

const ENTRIES: readonly EntryYaml[] = [
  { name: 'a', file: 'a.tar', packages: ['git', 'cmake'], tools: [], size: 1 },
  { name: 'b', file: 'b.tar', packages: ['git', 'cmake'], compilers: ['gcc-15'], pinned: true },
  { name: 'c', file: 'c.tar' },
];

it('keeps equal lists once, and puts them back', () => {
  const { lists, entries } = shareLists(ENTRIES);
  expect(lists).toEqual([['git', 'cmake'], [], ['gcc-15']]);
  expect(entries[1]).toEqual({ name: 'b', file: 'b.tar', packages: 0, compilers: 2, pinned: true });
  const parsed = JSON.parse(JSON.stringify(entries)) as unknown[];
  restoreLists(parsed, lists);
  expect(parsed).toEqual(ENTRIES);
});

it('leaves a place of which a damaged file has no list', () => {
  const entry = { name: 'a', file: 'a.tar', packages: 7 };
  restoreLists([entry], []);
  expect(entry.packages).toBe(7);
});
