import { expect, it } from 'vitest';
import { RecentCounts } from './recent-counts.js';

it('counts within a window that starts at the first event', () => {
  let time = 0;
  const counts = new RecentCounts({ window: 1000, now: () => time });
  counts.add('a');
  time = 900;
  counts.add('a');
  expect([counts.of('a'), counts.secondsLeft('a'), counts.of('b')]).toEqual([2, 1, 0]);
  counts.takeBack('a');
  counts.takeBack('b');
  expect(counts.of('a')).toBe(1);
  time = 1000;
  expect(counts.of('a')).toBe(0);
});

it('keeps a bounded number of keys and drops the oldest', () => {
  const counts = new RecentCounts({ window: 1000, most: 2, now: () => 0 });
  for (const key of ['a', 'b', 'c']) counts.add(key);
  expect(['a', 'b', 'c'].map((key) => counts.of(key))).toEqual([0, 1, 1]);
});
