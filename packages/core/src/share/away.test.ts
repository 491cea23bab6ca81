import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { isAway, markAway } from './away.js';

it('a repository is away for a minute after it was marked, and no other one is', async () => {
  const state = await temporaryFolder();
  expect(await isAway(state, 'r.example/a')).toBe(false);
  await markAway(state, 'r.example/a');
  expect(await isAway(state, 'r.example/a')).toBe(true);
  expect(await isAway(state, 'r.example/b')).toBe(false);
});

it.each([
  [50_000, true],
  [70_000, false],
  // The clock was set back.
  [-70_000, false],
])('a mark of %i ms ago counts: %s', async (age, expected) => {
  const state = await temporaryFolder();
  await markAway(state, 'r.example/a');
  const [name = ''] = await readdir(state);
  const then = new Date(Date.now() - age);
  await utimes(join(state, name), then, then);
  expect(await isAway(state, 'r.example/a')).toBe(expected);
});
