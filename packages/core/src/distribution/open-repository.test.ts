import { expect, it } from 'vitest';
import { listening } from '../../testing/listening.js';
import { surroundingsOf } from '../surroundings.js';
import { credentialOf, openRepository } from './open-repository.js';

it('a credential has a user name and a password, or there is none', () => {
  expect(credentialOf({})).toBeUndefined();
  expect(credentialOf({ username: 'ada', password: '' })).toEqual({
    username: 'ada',
    password: '',
  });
  for (const half of [{ username: 'ada' }, { password: 'x' }])
    expect(() => credentialOf(half)).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
});

it('a repository is opened with the credentials given, and closes its connection', async () => {
  const logins: (string | undefined)[] = [];
  const address = await listening(({ headers }, response) => {
    logins.push(headers.authorization);
    if (headers.authorization === undefined)
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    else response.writeHead(404).end();
  });
  const flags = { username: 'ada', password: 'secret', plainHttp: true };
  await using repository = await openRepository(`${address}/team/app:1`, flags, surroundingsOf());
  await expect(repository.resolve(`${address}/team/app:1`)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  expect(logins.at(-1)).toBe(`Basic ${Buffer.from('ada:secret').toString('base64')}`);
});

it('a repository of no reference is USAGE', async () => {
  await expect(openRepository('Not A:Name', undefined, surroundingsOf())).rejects.toMatchObject({
    code: 'USAGE',
  });
});
