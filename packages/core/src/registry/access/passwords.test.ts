import { describe, expect, it } from 'vitest';
import { Problem } from '../problem.js';
import { Passwords, type PasswordsOptions } from './passwords.js';
import type { PasswordJob } from './password-worker.js';

const [ADA, BOB] = ['hash of right', 'hash of other'];
const USERS = new Map([
  ['ada', ADA],
  ['bob', BOB],
]);

/** Passwords whose checks are counted; a hash is `hash of PASSWORD`. */
function counting(options: Partial<PasswordsOptions> = {}) {
  const checked: string[] = [];
  let time = 0;
  const passwords = new Passwords({
    delay: 0,
    now: () => time,
    fits: async ({ password, hash }: PasswordJob) => {
      checked.push(hash);
      return hash === `hash of ${password}`;
    },
    ...options,
  });
  const login = async (user: string, password: string, client = '192.0.2.1') => {
    try {
      return await passwords.isRight({ user, password, client }, USERS);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return `${error.status} after ${error.headers['retry-after']} s`;
    }
  };
  return { checked, login, pass: (milliseconds: number) => (time += milliseconds) };
}

it('checks a right password once for each client, and again when the file changes', async () => {
  const { login, checked } = counting();
  for (let at = 0; at < 20; at++) expect(await login('ada', 'right')).toBe(true);
  expect(checked).toEqual([ADA]);
  expect(await login('ada', 'right', '192.0.2.2')).toBe(true);
  expect(checked).toHaveLength(2);
  expect(await login('ada', 'wrong')).toBe(false);
});

it('shares one check among equal logins that come together', async () => {
  const { login, checked } = counting();
  const all = await Promise.all(Array.from({ length: 50 }, () => login('ada', 'right')));
  expect(new Set(all)).toEqual(new Set([true]));
  expect(checked).toHaveLength(1);
});

it('checks as much for a name that is unknown, and lets it in with no password', async () => {
  const { login, checked } = counting();
  for (const password of ['right', 'other', 'x']) expect(await login('eve', password)).toBe(false);
  // Always that of the same user: no cost that changes from try to try gives it away.
  expect(new Set(checked).size).toBe(1);
  expect([ADA, BOB]).toContain(checked[0]);
  expect(checked).toHaveLength(3);
});

describe('wrong passwords', () => {
  it('are refused unchecked after ten in a minute from one client', async () => {
    const { login, checked, pass } = counting();
    const wrong = (count: number, client?: string) =>
      Promise.all(Array.from({ length: count }, (_, at) => login('ada', `wrong ${at}`, client)));
    const answers = await wrong(20);
    expect(answers).toEqual([
      ...Array.from({ length: 10 }, () => false),
      ...Array.from({ length: 10 }, () => '429 after 60 s'),
    ]);
    expect(checked).toHaveLength(10);
    expect(await login('bob', 'other')).toBe('429 after 60 s');
    expect(await login('bob', 'other', '192.0.2.2')).toBe(true);
    pass(60_000);
    expect(await login('bob', 'other')).toBe(true);
  });

  it('of others do not hold up a login that is remembered', async () => {
    const { login, checked } = counting();
    expect(await login('ada', 'right')).toBe(true);
    for (let at = 0; at < 200; at++) await login('ada', `wrong ${at}`);
    const before = checked.length;
    expect(await login('ada', 'right')).toBe(true);
    expect(checked).toHaveLength(before);
  });

  it('cannot be tried fast against a login that is remembered', async () => {
    const { login, pass } = counting();
    expect(await login('ada', 'right')).toBe(true);
    for (let at = 0; at < 1000; at++) await login('ada', `wrong ${at}`);
    expect(await login('ada', 'right')).toBe('429 after 60 s');
    pass(60_000);
    expect(await login('ada', 'right')).toBe(true);
  });
});

it('lets no more than a bounded number of checks wait', async () => {
  let most = 0;
  let now = 0;
  const { login } = counting({
    fits: async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now--;
      return false;
    },
  });
  const answers = await Promise.all(
    Array.from({ length: 300 }, (_, at) => login('ada', `${at}`, `192.0.2.${at}`)),
  );
  expect(answers.filter((each) => each === '429 after 1 s')).toHaveLength(300 - 64);
  expect(most).toBe(64);
});
