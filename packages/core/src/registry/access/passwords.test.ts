import { describe, expect, it } from 'vitest';
import { Problem } from '../problem.js';
import { Passwords, type PasswordsOptions } from './passwords.js';
import type { PasswordJob } from './password-worker.js';

const [ADA, BOB] = ['hash of right', 'hash of other'];
const USERS = new Map([
  ['ada', ADA],
  ['bob', BOB],
]);

/** Passwords that records the hash of each check; a hash is `hash of PASSWORD`. */
function recordingPasswords(options: Partial<PasswordsOptions> = {}) {
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
  const { login, checked } = recordingPasswords();
  for (let at = 0; at < 20; at++) expect(await login('ada', 'right')).toBe(true);
  expect(checked).toEqual([ADA]);
  expect(await login('ada', 'right', '192.0.2.2')).toBe(true);
  expect(checked).toHaveLength(2);
  expect(await login('ada', 'wrong')).toBe(false);
});

it('shares one check among equal concurrent logins', async () => {
  const { login, checked } = recordingPasswords();
  const all = await Promise.all(Array.from({ length: 50 }, () => login('ada', 'right')));
  expect(new Set(all)).toEqual(new Set([true]));
  expect(checked).toHaveLength(1);
});

it('checks a hash for an unknown user too, and accepts no password for it', async () => {
  const { login, checked } = recordingPasswords();
  for (const password of ['right', 'other', 'x']) expect(await login('eve', password)).toBe(false);
  // Always the hash of the same user: varying costs would reveal that the name is unknown.
  expect(new Set(checked).size).toBe(1);
  expect([ADA, BOB]).toContain(checked[0]);
  expect(checked).toHaveLength(3);
});

describe('wrong passwords', () => {
  it('are refused without a check after ten per minute from one client', async () => {
    const { login, checked, pass } = recordingPasswords();
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

  it('do not delay a remembered login', async () => {
    const { login, checked } = recordingPasswords();
    expect(await login('ada', 'right')).toBe(true);
    for (let at = 0; at < 200; at++) await login('ada', `wrong ${at}`);
    const before = checked.length;
    expect(await login('ada', 'right')).toBe(true);
    expect(checked).toHaveLength(before);
  });

  it('are limited for a remembered login, too', async () => {
    const { login, pass } = recordingPasswords();
    expect(await login('ada', 'right')).toBe(true);
    for (let at = 0; at < 1000; at++) await login('ada', `wrong ${at}`);
    expect(await login('ada', 'right')).toBe('429 after 60 s');
    pass(60_000);
    expect(await login('ada', 'right')).toBe(true);
  });
});

it('bounds the number of pending checks', async () => {
  let most = 0;
  let now = 0;
  const { login } = recordingPasswords({
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
