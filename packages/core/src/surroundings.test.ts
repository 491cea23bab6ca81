import { homedir } from 'node:os';
import { expect, it } from 'vitest';
import { surroundingsOf } from './surroundings.js';

it('what is not given is that of this process', () => {
  const { env, home, now } = surroundingsOf();
  expect(env).toBe(process.env);
  expect(home).toBe(process.env['HOME'] ?? homedir());
  expect(Math.abs(now() - Date.now())).toBeLessThan(60_000);
});

it.each([
  [{ env: { HOME: '/h' } }, '/h'],
  [{ env: { HOME: '/h' }, home: '/given' }, '/given'],
  [{ env: {} }, homedir()],
])('with %j the home folder is %j', (given, expected) => {
  expect(surroundingsOf(given).home).toBe(expected);
});
