import { expect, it } from 'vitest';
import { RemotePasswords } from './remote-passwords.js';

const LOGIN = { user: 'ada', password: 'secret', client: '192.0.2.1' };
const USERS = new Map([['ada', 'a hash']]);

function asking() {
  const asked: string[] = [];
  const passwords = new RemotePasswords(async ({ password }) => {
    asked.push(password);
    return password === 'secret';
  });
  return { passwords, asked };
}

it('asks once for a right password of a client, and again after it was changed', async () => {
  const { passwords, asked } = asking();
  for (let at = 0; at < 3; at++) expect(await passwords.isRight(LOGIN, USERS)).toBe(true);
  expect(asked).toEqual(['secret']);
  await passwords.isRight({ ...LOGIN, client: '192.0.2.2' }, USERS);
  await passwords.isRight(LOGIN, new Map([['ada', 'another hash']]));
  expect(asked).toHaveLength(3);
});

it('asks for every wrong password, and for one that it was told to forget', async () => {
  const { passwords, asked } = asking();
  const wrong = { ...LOGIN, password: 'wrong' };
  for (let at = 0; at < 2; at++) expect(await passwords.isRight(wrong, USERS)).toBe(false);
  await passwords.isRight(LOGIN, USERS);
  passwords.forget(LOGIN);
  await passwords.isRight(LOGIN, USERS);
  expect(asked).toEqual(['wrong', 'wrong', 'secret', 'secret']);
});
