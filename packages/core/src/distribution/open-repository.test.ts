import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { listening } from '../../testing/listening.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { surroundingsOf } from '../surroundings.js';
import { credentialOf, openRegistry, openRepository } from './open-repository.js';

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

/** The hint of a registry that accepts no login. */
async function hintOf(login: object, files: Readonly<Record<string, object>> = {}) {
  const registry = await listening((_, response) =>
    response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
  );
  const home = await temporaryFolder();
  await mkdir(join(home, '.docker'));
  for (const [host, entry] of Object.entries(files))
    await writeFile(
      join(home, '.docker/config.json'),
      JSON.stringify({ auths: { [host === 'here' ? registry : host]: entry } }),
    );
  const surroundings = { env: { XDG_RUNTIME_DIR: `${home}/run` }, home, now: Date.now };
  await using client = await openRegistry(registry, { plainHttp: true, ...login }, surroundings);
  const asked = client.request({ method: 'GET', url: '/v2/', scope: '', expected: [200] });
  const { hint } = await asked.then(
    () => ({ hint: undefined }),
    (error: unknown) => error as { hint?: string },
  );
  return hint?.replaceAll(home, '~').replaceAll(registry, 'HOST');
}

const auth = Buffer.from('ada:p').toString('base64');

it.each([{}, { 'elsewhere.example.com': { auth } }])(
  'without a login in %j the hint says where was looked',
  async (files) => {
    expect(await hintOf({}, files)).toBe(
      'No login for HOST stands in ~/run/containers/auth.json, ~/.config/containers/auth.json, ~/.docker/config.json. Log in with docker login or podman login, or give the option `username` and the option `password`.',
    );
  },
);

it('a login that was found or given is reported as refused', async () => {
  for (const found of [
    await hintOf({}, { here: { auth } }),
    await hintOf({ username: 'ada', password: 'p' }),
  ])
    expect(found).toMatch(/^The login for HOST was refused\. Log in/);
});
