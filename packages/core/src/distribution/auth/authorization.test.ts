import { expect, it } from 'vitest';
import { Authorization, type TokenRequest } from './authorization.js';
import type { Credential } from './credentials.js';

const ADA: Credential = { username: 'ada', password: 'p' };

function open(origin: string, credential?: Credential, answer = '{"token":"t"}') {
  const asked: TokenRequest[] = [];
  const send = async (request: TokenRequest) => {
    asked.push(request);
    return { status: 200, body: Buffer.from(answer) };
  };
  return { asked, authorization: new Authorization(new URL(origin), async () => credential, send) };
}

const bearer = (realm: string) => `Bearer realm="${realm}",service="s"`;

it('a registry token goes to the registry itself, and to no token server', async () => {
  const { asked, authorization } = open('https://a.test', { registryToken: 'r' });
  expect(await authorization.answer(bearer('https://b.test/'), 'x', undefined)).toBe(true);
  expect([asked, authorization.headerFor('x')]).toEqual([[], 'Bearer r']);
  expect(await authorization.answer(bearer('https://b.test/'), 'x', 'Bearer r')).toBe(false);
});

it.each([
  ['http://a.test:5000', 'http://a.test:5001/token', true],
  ['http://a.test', 'https://b.test/token', true],
  ['http://a.test', 'http://b.test/token', false],
  ['https://a.test', 'http://a.test/token', false],
  ['https://a.test', 'https://b.test/token', true],
])('%s: the credentials go to the realm %s: %s', async (origin, realm, isAsked) => {
  const { asked, authorization } = open(origin, ADA);
  const answer = authorization.answer(bearer(realm), 'x', undefined);
  if (isAsked) expect(await answer).toBe(true);
  else await expect(answer).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  expect(asked).toHaveLength(isAsked ? 1 : 0);
});

it('of several challenges one that can be answered is', async () => {
  const { authorization } = open('https://a.test', ADA);
  expect(await authorization.answer('Bearer, Basic realm="x"', 'x', undefined)).toBe(true);
  expect(authorization.headerFor('x')).toMatch(/^Basic /);
});

it.each([
  '{"token":"t"}',
  '{"access_token":"t"}',
  '{"token":"","access_token":"t","expires_in":"300"}',
  '{"token":"t","expires_in":0}',
  '{"token":"t","expires_in":null}',
])('the token of %s is read', async (answer) => {
  const { authorization } = open('https://a.test', ADA, answer);
  await authorization.answer(bearer('https://b.test/'), 'x', undefined);
  expect(authorization.headerFor('x')).toBe('Bearer t');
});
