import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { Authorization, type TokenRequest } from './auth/authorization.js';
import { parseChallenges } from './auth/challenge.js';
import { storedCredentials, type Credential } from './auth/credentials.js';
import { hostOf, isLoopback, isPrivate } from './host.js';

describe('a challenge', () => {
  it.each([
    ['Basic realm="a b"', [{ scheme: 'basic', parameters: { realm: 'a b' } }]],
    [
      'Bearer realm="https://a/token",service="s",scope="repository:a/b:pull,push"',
      [
        {
          scheme: 'bearer',
          parameters: { realm: 'https://a/token', service: 's', scope: 'repository:a/b:pull,push' },
        },
      ],
    ],
    [
      'Negotiate, Bearer Realm = "a\\"b" , service=s, Basic',
      [
        { scheme: 'negotiate', parameters: {} },
        { scheme: 'bearer', parameters: { realm: 'a"b', service: 's' } },
        { scheme: 'basic', parameters: {} },
      ],
    ],
    ['', []],
    ['"', []],
  ])('%s is parsed', (header, expected) => {
    expect(parseChallenges(header)).toEqual(expected);
  });
});

describe('a host', () => {
  it.each([
    ['localhost:5000', true, true],
    ['127.0.0.1', true, true],
    ['127.1.2.3:80', true, true],
    ['[::1]:5000', true, true],
    ['::1', true, true],
    ['10.0.0.1:5000', false, true],
    ['172.16.0.1', false, true],
    ['172.32.0.1', false, false],
    ['192.168.1.1', false, true],
    ['127.0.0.1.example.com', false, false],
    ['registry.example.com', false, false],
  ])('%s: loopback %s, private network %s', (host, loopback, near) => {
    expect([isLoopback(host), isPrivate(host)]).toEqual([loopback, near]);
  });

  it('of Docker Hub differs from its registry name', () => {
    expect(hostOf('docker.io')).toBe('registry-1.docker.io');
    expect(hostOf('registry.example.com')).toBe('registry.example.com');
  });
});

describe('stored credentials', () => {
  const ada = { username: 'ada', password: 'a:b' };
  const auth = Buffer.from('ada:a:b').toString('base64');
  const found = async (
    files: Readonly<Record<string, object>>,
    registry: string,
    repository = 'team/app',
  ): Promise<Credential | undefined> => {
    const home = await temporaryFolder();
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(home, path)), { recursive: true });
      await writeFile(join(home, path), JSON.stringify(content));
    }
    // A helper that knows one server.
    const helper = `#!/bin/sh\nread server\n[ "$server" = helped.example.com ] && echo '{"Username":"<token>","Secret":"t"}' && exit\necho 'credentials not found in native keychain'; exit 1\n`;
    await writeFile(join(home, 'docker-credential-test'), helper);
    await chmod(join(home, 'docker-credential-test'), 0o755);
    const env = { PATH: [home, process.env['PATH']].join(delimiter) };
    return storedCredentials({ env, home })(registry, repository);
  };

  it.each<[string, Record<string, object>, string, Credential | undefined]>([
    [
      'docker',
      { '.docker/config.json': { auths: { 'a.example.com': { auth } } } },
      'a.example.com',
      ada,
    ],
    [
      'docker with https',
      { '.docker/config.json': { auths: { 'https://a.example.com': { auth } } } },
      'a.example.com',
      ada,
    ],
    [
      'Docker Hub',
      { '.docker/config.json': { auths: { 'https://index.docker.io/v1/': { auth } } } },
      'docker.io',
      ada,
    ],
    [
      'podman',
      { '.config/containers/auth.json': { auths: { 'a.example.com/team': { auth } } } },
      'a.example.com',
      ada,
    ],
    [
      'podman, for another repository path',
      { '.config/containers/auth.json': { auths: { 'a.example.com/other': { auth } } } },
      'a.example.com',
      undefined,
    ],
    [
      'an identity token',
      { '.docker/config.json': { auths: { 'a.example.com': { auth, identitytoken: 'i' } } } },
      'a.example.com',
      { identityToken: 'i' },
    ],
    [
      'a helper',
      { '.docker/config.json': { credHelpers: { 'helped.example.com': 'test' } } },
      'helped.example.com',
      { identityToken: 't' },
    ],
    [
      'a helper without credentials',
      { '.docker/config.json': { credsStore: 'test' } },
      'a.example.com',
      undefined,
    ],
    ['no file', {}, 'a.example.com', undefined],
  ])('are looked up: %s', async (_, files, registry, expected) => {
    expect(await found(files, registry)).toEqual(expected);
  });

  it('name the missing helper in the error', async () => {
    const files = { '.docker/config.json': { credsStore: 'absent' } };
    await expect(found(files, 'a.example.com')).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
      message: expect.stringContaining('docker-credential-absent') as string,
    });
  });
});

describe('authorization', () => {
  const asked: TokenRequest[] = [];
  const open = (origin: string, credential?: Credential) => {
    asked.length = 0;
    return new Authorization(
      new URL(origin),
      async () => credential,
      async (request) => {
        asked.push(request);
        return { status: 200, body: Buffer.from('{"token":"t","expires_in":60}') };
      },
    );
  };
  const bearer = (realm: string) => `Bearer realm="${realm}",service="s"`;

  it('sends one token request for concurrent refused requests', async () => {
    const authorization = open('https://a.example.com', { username: 'ada', password: 'p' });
    const challenge = bearer('https://auth.example.com/token');
    const all = [1, 2, 3].map(() =>
      authorization.answer(challenge, 'repository:a:pull', undefined),
    );
    expect(await Promise.all(all)).toEqual([true, true, true]);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.url).toBe(
      'https://auth.example.com/token?service=s&scope=repository%3Aa%3Apull',
    );
    expect(authorization.headerFor('repository:a:pull')).toBe('Bearer t');
    expect(authorization.headerFor('repository:a:pull,push')).toBeUndefined();
  });

  it('sends an identity token in place of a password', async () => {
    const authorization = open('https://a.example.com', { identityToken: 'i' });
    await authorization.answer(
      bearer('https://auth.example.com/token'),
      'repository:a:pull',
      undefined,
    );
    expect(asked[0]).toMatchObject({ method: 'POST', url: 'https://auth.example.com/token' });
    expect(new URLSearchParams(asked[0]?.body).get('refresh_token')).toBe('i');
  });

  it.each([
    ['https://a.example.com', 'http://a.example.com/token'],
    ['https://a.example.com', 'http://127.0.0.1/token'],
    ['http://127.0.0.1:5000', 'http://a.example.com/token'],
    ['https://a.example.com', 'no url'],
    ['https://a.example.com', 'file:///etc/passwd'],
  ])('for %s sends nothing to the realm %s', async (origin, realm) => {
    const authorization = open(origin, { username: 'ada', password: 'p' });
    await expect(
      authorization.answer(bearer(realm), 'repository:a:pull', undefined),
    ).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    expect(asked).toEqual([]);
  });

  it('uses a token with a short lifetime', async () => {
    const authorization = new Authorization(
      new URL('https://a.example.com'),
      async () => undefined,
      async () => ({ status: 200, body: Buffer.from('{"token":"t","expires_in":5}') }),
    );
    await authorization.answer(bearer('https://auth.example.com/token'), 'x', undefined);
    expect(authorization.headerFor('x')).toBe('Bearer t');
  });

  it('gives up when its credentials are refused, or there are none', async () => {
    const authorization = open('https://a.example.com', { username: 'ada', password: 'p' });
    expect(await authorization.answer('Basic realm="x"', '', undefined)).toBe(true);
    expect(await authorization.answer('Basic realm="x"', '', authorization.headerFor(''))).toBe(
      false,
    );
    expect(await open('https://a.example.com').answer('Basic realm="x"', '', undefined)).toBe(
      false,
    );
  });
});
