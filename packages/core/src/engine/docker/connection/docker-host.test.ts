import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../testing/temporary.js';
import { dockerTargets, podmanTargets } from './docker-host.js';

const NOWHERE = { DOCKER_CONFIG: '/nonexistent' };
const home = '/h';

describe('a docker host', () => {
  it.each([
    [undefined, { DOCKER_HOST: 'tcp://h:1' }, ['tcp://h:1']],
    ['unix:///s', { DOCKER_HOST: 'tcp://h:1' }, ['unix:///s']],
  ])('%j with %j', (host, env, expected) => {
    const targets = dockerTargets(host, { env: { ...NOWHERE, ...env }, home }, 'linux');
    expect(targets.map((target) => target.host)).toEqual(expected);
  });

  it.each([
    ['unix:///run/d.sock', { socketPath: '/run/d.sock' }],
    ['tcp://h:2375', { protocol: 'http:', host: 'h', port: '2375' }],
    ['tcp://h', { protocol: 'http:', host: 'h', port: 2375 }],
    ['ssh://me@h', { ssh: { host: 'h', user: 'me' } }],
    ['ssh://h:2222/run/d.sock', { ssh: { host: 'h', port: '2222', socket: '/run/d.sock' } }],
  ])('%s', (host, expected) => {
    expect(dockerTargets(host, { env: NOWHERE, home }, 'linux')).toMatchObject([
      { connection: expected },
    ]);
  });

  it.each([
    '/var/run/docker.sock',
    'ftp://h',
    'ssh://h/$(id)',
    'ssh://h/a;id',
    'ssh://h/`id`',
    "ssh://h/a'b",
    'ssh://h/a b',
    'ssh://h/a?$(id)',
    'ssh://h/a#b',
    'ssh://-oProxyCommand=id/',
    'ssh://-oProxyCommand=id@h/',
    'ssh://$(id)@h/',
    'ssh://me:secret@h/',
    'ssh://h/a%0Ab',
    'ssh:///s',
  ])('refuses %j', (host) => {
    expect(() => dockerTargets(host, { env: NOWHERE, home }, 'linux')).toThrow(
      expect.objectContaining({ code: 'USAGE' }) as Error,
    );
  });

  it('comes from the docker context, with its certificates, unless another one is set', async () => {
    const folder = await temporaryFolder();
    const put = async (path: string, content: string) => {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    };
    const id = createHash('sha256').update('far').digest('hex');
    await put('config.json', '{"currentContext": "far"}');
    const endpoint = { docker: { Host: 'tcp://far:2376', SkipTLSVerify: false } };
    await put(
      `contexts/meta/${id}/meta.json`,
      JSON.stringify({ Name: 'far', Endpoints: endpoint }),
    );
    for (const name of ['ca', 'cert', 'key'])
      await put(`contexts/tls/${id}/docker/${name}.pem`, name);
    const env = { DOCKER_CONFIG: folder };
    const connection = { protocol: 'https:', host: 'far', port: '2376', ca: Buffer.from('ca') };
    expect(dockerTargets(undefined, { env, home }, 'linux')).toMatchObject([{ connection }]);
    const other = { ...env, DOCKER_CONTEXT: 'default' };
    const usual = dockerTargets(undefined, { env: other, home }, 'linux');
    expect(usual[0]?.host).toBe('unix:///var/run/docker.sock');
    expect(dockerTargets('unix:///s', { env, home }, 'linux')).toMatchObject([
      { host: 'unix:///s' },
    ]);
    expect(() =>
      dockerTargets(undefined, { env: { ...env, DOCKER_CONTEXT: 'gone' }, home }, 'linux'),
    ).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }) as Error);
  });
});

describe('a podman host', () => {
  it.each([
    [undefined, { CONTAINER_HOST: 'unix:///c' }, ['unix:///c']],
    ['unix:///s', { CONTAINER_HOST: 'unix:///c' }, ['unix:///s']],
  ])('%j with %j', (host, env, expected) => {
    const targets = podmanTargets(host, { env, home }, 'linux');
    expect(targets.map((target) => target.host)).toEqual(expected);
  });
});
