import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { credentialPlaces, storedCredentials, type Credential } from './credentials.js';

const HOST = 'a.example.com';
const HELPED = 'helped.example.com';
const encoded = (login: string) => Buffer.from(login).toString('base64');
const ADA = { auth: encoded('ada:a:b') };

/** Looks up the credentials for the repository `team/app` in docker's config, with a helper that knows one server. */
async function find(config: object, registry: string): Promise<unknown> {
  const home = await temporaryFolder();
  await mkdir(join(home, '.docker'));
  await writeFile(join(home, '.docker/config.json'), JSON.stringify(config));
  const helper = `#!/bin/sh\nread server\n[ "$server" = ${HELPED} ] && echo '{"Username":"helped","Secret":"s"}' && exit\necho 'credentials not found in native keychain'; exit 1\n`;
  await writeFile(join(home, 'docker-credential-test'), helper);
  await chmod(join(home, 'docker-credential-test'), 0o755);
  const environment = { HOME: home, PATH: [home, process.env['PATH']].join(delimiter) };
  return storedCredentials({ env: environment, home })(registry, 'team/app');
}

const nameOf = (found: unknown) => (found as { username?: string } | undefined)?.username;

it.each([
  ['a.example.com', HOST],
  ['A.example.com', HOST],
  ['a.example.com/', HOST],
  ['http://a.example.com', HOST],
  ['https://a.example.com', HOST],
  ['https://a.example.com/', HOST],
  ['https://a.example.com/v1/', HOST],
  ['https://a.example.com/v2/', HOST],
  ['a.example.com/v1/', HOST],
  ['a.example.com/v2', HOST],
  ['a.example.com/team', HOST],
  ['a.example.com/team/app', HOST],
  ['https://index.docker.io/v1/', 'docker.io'],
  ['index.docker.io', 'docker.io'],
  ['registry-1.docker.io', 'docker.io'],
  ['https://docker.io/', 'docker.io'],
  ['docker.io/team', 'docker.io'],
])('the key %s is for %s', async (key, registry) => {
  expect(nameOf(await find({ auths: { [key]: ADA } }, registry))).toBe('ada');
});

it.each([
  'a.example.com/tea',
  'a.example.com/team/app/x',
  'a.example.com/v2/team/other',
  'a.example.com:443',
  'b.a.example.com',
  'example.com',
  '',
])('the key %j is not', async (key) => {
  expect(await find({ auths: { [key]: ADA }, credHelpers: { [key]: 'test' } }, HOST)).toBe(
    undefined,
  );
});

it('the most specific key wins, wherever it stands', async () => {
  const keys = ['https://a.example.com/v2/', HOST, `${HOST}/team`, `${HOST}/team/app`];
  for (const count of [2, 3, 4]) {
    const entries = keys.slice(0, count).map((key, at) => [key, { auth: encoded(`${at}:p`) }]);
    for (const auths of [entries, entries.toReversed()])
      expect(nameOf(await find({ auths: Object.fromEntries(auths) as object }, HOST))).toMatch(
        count === 2 ? /[01]/ : `${count - 1}`,
      );
  }
});

it.each([
  ['a helper under its host', { credHelpers: { [HELPED]: 'test' } }, HELPED, 'helped'],
  [
    'a path of auths before a helper of the host',
    { credHelpers: { [HELPED]: 'test' }, auths: { [`${HELPED}/team`]: ADA } },
    HELPED,
    'ada',
  ],
  [
    'a helper before an entry of auths for the same host',
    { credHelpers: { [HELPED]: 'test' }, auths: { [HELPED]: ADA } },
    HELPED,
    'helped',
  ],
  [
    'auths after a helper without the credentials',
    { credHelpers: { [HOST]: 'test' }, auths: { [HOST]: ADA } },
    HOST,
    'ada',
  ],
  [
    'the store after an empty entry of auths',
    { credsStore: 'test', auths: { [HELPED]: {} } },
    HELPED,
    'helped',
  ],
  ['text in auths, which names no helper', { auths: { [HELPED]: 'test' } }, HELPED, undefined],
  [
    'another key of auths after text',
    { auths: { [HELPED]: 'test', [`https://${HELPED}/v2/`]: ADA } },
    HELPED,
    'ada',
  ],
  [
    'auths after an object in credHelpers, which is no credential',
    { credHelpers: { [HOST]: { auth: encoded('eve:p') } }, auths: { [HOST]: ADA } },
    HOST,
    'ada',
  ],
  ['a store without the credentials', { credsStore: 'test' }, HOST, undefined],
  ['an empty auth', { auths: { [HOST]: { auth: '' } } }, HOST, undefined],
  ['an auth without a name', { auths: { [HOST]: { auth: encoded(':') } } }, HOST, undefined],
  ['an auth without a colon', { auths: { [HOST]: { auth: encoded('ada') } } }, HOST, undefined],
  ['empty names', { auths: { [HOST]: { username: '', password: '' } } }, HOST, undefined],
])('%s', async (_, config, registry, expected) => {
  expect(nameOf(await find(config, registry))).toBe(expected);
});

it.each<readonly [object, Credential]>([
  [{ ...ADA, registrytoken: 'r', identitytoken: 'i' }, { registryToken: 'r' }],
  [{ ...ADA, registrytoken: '', identitytoken: 'i' }, { identityToken: 'i' }],
  [
    { username: 'ada', password: 'p' },
    { username: 'ada', password: 'p' },
  ],
])('of %j a token is taken before a password', async (entry, expected) => {
  expect(await find({ auths: { [HOST]: entry } }, HOST)).toEqual(expected);
});

it.each([
  [{ XDG_RUNTIME_DIR: '/run/user/7' }, 7, '/run/user/7/containers/auth.json'],
  [{}, 7, '/run/containers/7/auth.json'],
  [{ XDG_RUNTIME_DIR: '' }, 7, '/run/containers/7/auth.json'],
])('with %j and the user ID %s, podman is asked first in %s', (env, uid, first) => {
  const all = credentialPlaces({ env, home: '/home/ada' }, uid);
  expect(all[0]).toBe(first);
  expect(all.slice(-2)).toEqual([
    '/home/ada/.config/containers/auth.json',
    '/home/ada/.docker/config.json',
  ]);
});

it.each([
  [{ REGISTRY_AUTH_FILE: '/x' }, ['/x']],
  [{ DOCKER_AUTH_CONFIG: '{}', REGISTRY_AUTH_FILE: '/x' }, ['$DOCKER_AUTH_CONFIG', '/x']],
])('with %j the places are %j', (env, places) => {
  expect(credentialPlaces({ env, home: '/home/ada' })).toEqual(places);
});
