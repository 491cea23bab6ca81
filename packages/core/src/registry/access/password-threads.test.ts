import { hashSync } from 'bcryptjs';
import { expect, it } from 'vitest';
import { PasswordThreads } from './password-threads.js';
import fits from './password-worker.js';

const HASH = hashSync('secret', 4);

it('a password fits its own hash, and is compared in any number of calls', async () => {
  await using threads = new PasswordThreads();
  const passwords = ['secret', 'Secret', '', 'secret '];
  const found = passwords.map((password) => threads.fits({ password, hash: HASH }));
  expect(await Promise.all(found)).toEqual([true, false, false, false]);
  expect(fits({ password: 'secret', hash: HASH })).toBe(true);
});

it('threads that were never used can be disposed of', async () => {
  await new PasswordThreads()[Symbol.asyncDispose]();
});
