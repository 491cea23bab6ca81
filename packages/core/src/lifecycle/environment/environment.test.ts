import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listening } from '../../../testing/listening.js';
import { refuse } from '../../../testing/quirks/registry.js';
import { machine, registry } from '../../../testing/share.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { openWorkspace } from '../workspace/workspace.js';
import type { EnvironmentCheck, EnvironmentOptions } from './check.js';
import { checkEnvironment } from './environment.js';
import { checkNode, LEAST_NODE } from './versions.js';

interface Given extends Partial<EnvironmentOptions> {
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** The checks of one kind, in a workspace with some files and a home folder of its own. */
async function checked(
  name: EnvironmentCheck['name'],
  { files = {}, env, ...options }: Given = {},
) {
  const cwd = await temporaryFolder();
  for (const [path, content] of Object.entries({ 'stowage.yaml': '', ...files })) {
    await mkdir(dirname(join(cwd, path)), { recursive: true });
    await writeFile(join(cwd, path), content);
  }
  const surroundings = { home: join(cwd, 'home'), env: { PATH: join(cwd, 'bin'), ...env } };
  const workspace = await openWorkspace(cwd, { surroundings });
  const all = await checkEnvironment(workspace, { engine: 'embedded', ...options });
  return all.filter((each) => each.name === name);
}

describe('Node.js', () => {
  it.each([
    ['20.18.3', 'problem'],
    ['18.20.0', 'problem'],
    ['20.19.0', 'ok'],
    ['20.20.0', 'ok'],
    ['22.1.0', 'ok'],
    ['26.0.0-nightly', 'ok'],
  ])('%s: %s', (version, state) => {
    expect(checkNode(version)).toMatchObject({ subject: version, state });
  });

  it('is supported from the version that package.json names', async () => {
    const file = join(import.meta.dirname, '../../../package.json');
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
      engines: { node: `>=${LEAST_NODE}` },
    });
    expect(await checked('node')).toMatchObject([{ state: 'ok' }]);
  });
});

describe('Nx', () => {
  const plugin = JSON.stringify({ version: '1.0.0', peerDependencies: { nx: '>=22.0.0 <25.0.0' } });
  const nx = (version: string) => ({
    'nx.json': '{}',
    'node_modules/nx/package.json': JSON.stringify({ version }),
  });

  it('is not looked for outside of its workspaces', async () => {
    expect(await checked('nx')).toEqual([]);
  });

  it.each([
    ['is not installed', { 'nx.json': '{}' }, 'warning', 'npm ci'],
    ['without the plugin', nx('23.0.0'), 'warning', 'nx add'],
    [
      'too old',
      { ...nx('21.9.0'), 'node_modules/@stowage/images/package.json': plugin },
      'warning',
      'migrate',
    ],
    [
      'too new',
      { ...nx('25.0.0'), 'node_modules/@stowage/images/package.json': plugin },
      'warning',
      'migrate',
    ],
    [
      'supported',
      { ...nx('24.3.1'), 'node_modules/@stowage/images/package.json': plugin },
      'ok',
      undefined,
    ],
  ])('%s', async (_, files, state, fix) => {
    const [check] = await checked('nx', { files });
    expect(check).toMatchObject({ state });
    if (fix === undefined) expect(check?.fix).toBeUndefined();
    else expect(check?.fix).toContain(fix);
  });
});

describe('the engine', () => {
  const docker = () =>
    listening(({ url = '' }, response) => {
      response.writeHead(200, { 'api-version': '1.52', 'content-type': 'application/json' });
      response.end(url.endsWith('/version') ? '{"Version":"29.0.1","ApiVersion":"1.52"}' : '{}');
    });

  it('that answers is told with its version', async () => {
    const host = `tcp://${await docker()}`;
    expect(await checked('engine', { engine: 'docker', host })).toEqual([
      {
        name: 'engine',
        state: 'ok',
        subject: `docker-daemon:${host}`,
        detail: '29.0.1, API 1.52; used',
        used: true,
      },
    ]);
  });

  it('that auto takes is the first that answers; the others are not needed', async () => {
    const env = { DOCKER_HOST: 'unix:///none.sock', CONTAINER_HOST: `tcp://${await docker()}` };
    const checks = await checked('engine', { engine: 'auto', env });
    expect(checks.map(({ state, used }) => [state, used])).toEqual([
      ['ok', undefined],
      ['ok', true],
      ['ok', undefined],
    ]);
    expect(checks[0]?.detail).toContain('/none.sock');
  });

  it.each([
    ['auto', undefined, 'warning', ['docker', 'podman', 'containerd']],
    ['auto', 'unix:///none.sock', 'problem', ['docker']],
    ['docker', 'unix:///none.sock', 'problem', ['docker']],
    ['docker', 'nonsense', 'problem', ['docker']],
  ] as const)('%s at %s that does not answer is a %s', async (engine, host, state, asked) => {
    const none = 'unix:///none.sock';
    const env = { DOCKER_HOST: none, CONTAINER_HOST: none, CONTAINERD_ADDRESS: '/none.sock' };
    const checks = await checked('engine', { engine, host, env });
    expect(checks.map(({ subject }) => subject)).toEqual(asked);
    for (const check of checks) {
      expect([check.state, check.used]).toEqual([state, undefined]);
      expect(check.detail).toContain(host ?? 'none.sock');
      expect(check.fix).toContain('`host`');
    }
  });
});

describe('disks', () => {
  it('have the space that the settings want, or a warning', async () => {
    const [some] = await checked('disk', { files: { 'stowage.yaml': 'prune: { min_free: 1KB }' } });
    expect(some).toMatchObject({ state: 'ok', detail: expect.stringMatching(/ free$/) as string });
    const [all] = await checked('disk', { files: { 'stowage.yaml': 'prune: { min_free: 100% }' } });
    expect(all).toMatchObject({ state: 'warning' });
    expect(all?.fix).toContain('prune');
  });

  it('are those of archives, of the cache and of temporary files', async () => {
    const checks = await checked('disk', { env: { STOWAGE_CACHE_DIR: '/dev/shm/stowage-none' } });
    const folders = checks.flatMap(({ subject }) => subject.split(', '));
    expect(folders).toContain('/dev/shm/stowage-none');
    expect(folders).toHaveLength(3);
  });
});

describe('credentials', () => {
  const CONFIG = 'home/.docker/config.json';
  const SECRET = 'YWRhOnNlY3JldA==';
  const auths = { 'registry.example.com': { auth: SECRET }, 'other.example.com': {} };

  it('need not be there', async () => {
    expect(await checked('credentials')).toMatchObject([{ state: 'ok', subject: 'none' }]);
  });

  it.each([
    ['that is no JSON', `{ "auths": ${SECRET}`, 'problem', 'not valid JSON'],
    ['with a helper that is missing', '{"credsStore":"none"}', 'problem', 'docker-credential-none'],
    [
      'with helpers that are there',
      '{"credHelpers":{"a.example.com":"there"}}',
      'ok',
      'docker-credential-there',
    ],
    ['with a login that others may read', JSON.stringify({ auths }), 'warning', '1 login'],
  ])('in a file %s', async (_, config, state, detail) => {
    const bin = await temporaryFolder();
    await writeFile(join(bin, 'docker-credential-there'), '');
    await chmod(join(bin, 'docker-credential-there'), 0o755);
    const checks = await checked('credentials', {
      files: { [CONFIG]: config },
      env: { PATH: bin },
    });
    expect(checks).toMatchObject([{ state, detail: expect.stringContaining(detail) as string }]);
    expect(JSON.stringify(checks)).not.toContain(SECRET);
    expect(checks[0]?.fix === undefined).toBe(state === 'ok');
  });

  it('may be in the environment', async () => {
    const env = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) };
    const [check, ...others] = await checked('credentials', { env });
    expect([check, others]).toMatchObject([{ state: 'ok', detail: '1 login in it' }, []]);
  });
});

describe('the share', () => {
  it('that answers is read, and written', async () => {
    const { address } = await registry();
    const { workspace } = await machine(address);
    const checks = await checkEnvironment(workspace, { engine: 'embedded' });
    expect(checks.filter(({ name }) => name === 'share')).toMatchObject([
      { state: 'ok', detail: 'answers; read and written' },
    ]);
  });

  it.each([
    ['', 'warning'],
    ['required: true', 'problem'],
  ])('that refuses is a finding: %s', async (settings, state) => {
    const { address } = await registry({ before: () => refuse(403) });
    const { workspace } = await machine(address, settings);
    const checks = await checkEnvironment(workspace, { engine: 'embedded' });
    const [share] = checks.filter(({ name }) => name === 'share');
    expect(share).toMatchObject({ state });
    expect(share?.fix).not.toBe('');
  });

  it('that never answers takes no longer than the limit', async () => {
    const address = await listening(() => undefined);
    const files = { 'stowage.yaml': `share: { repository: '${address}/x' }` };
    const checks = await checked('share', { files, timeout: 200 });
    expect(checks).toMatchObject([{ state: 'warning', detail: 'no answer within 0.2 s' }]);
  });

  it.each([
    ['off', 'ok', 'is off'],
    ['nonsense', 'problem', 'STOWAGE_SHARE'],
  ])('with STOWAGE_SHARE=%s: %s', async (mode, state, detail) => {
    const files = { 'stowage.yaml': "share: { repository: 'localhost:1/x' }" };
    const checks = await checked('share', { files, env: { STOWAGE_SHARE: mode } });
    expect(checks).toMatchObject([{ state, detail: expect.stringContaining(detail) as string }]);
  });
});

it('ends with the reason of an aborted signal', async () => {
  const address = await listening(() => undefined);
  const files = { 'stowage.yaml': `share: { repository: '${address}/x' }` };
  const stopping = new AbortController();
  setTimeout(() => stopping.abort(new Error('stopped')), 100);
  await expect(checked('share', { files, signal: stopping.signal })).rejects.toThrow('stopped');
});
