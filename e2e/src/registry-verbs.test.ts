import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startRegistry } from './distribution-server.js';
import { describeWith } from './peers.js';
import {
  PROGRAM,
  SCRIPT,
  json,
  must,
  run,
  stowage,
  temporaryFolder,
  type RunOptions,
} from './run.js';
import { archive, pushSmall, startServe } from './served.js';

const SPDX = 'application/spdx+json';
/** User ada, password secret. */
const HTPASSWD = 'ada:$2y$05$VLmxtXdUIUnVTZytUHSWH.FvgNG7ulFHZZeAkzPTMc2p.Xld03nh6\n';

const REGISTRIES = {
  'docker-registry': async () => startRegistry(),
  'stowage serve': async () => {
    const root = await temporaryFolder();
    return (await startServe(['--root', root, '--listen', '127.0.0.1:0'])).host;
  },
};

/** Runs `stowage` and requires success. @returns its output */
const ok = (args: readonly string[], options?: RunOptions) =>
  must(PROGRAM, [...SCRIPT, ...args], options);

describeWith(['docker-registry', 'skopeo'], 'verbs on registries', () => {
  it.each(Object.entries(REGISTRIES))(
    'a day with %s: digest, ls, tags, tag, attach, tree, copy, sync and rm',
    async (kind, start) => {
      const [host, mirror] = [await start(), await REGISTRIES['stowage serve']()];
      const cwd = await temporaryFolder();
      const { path, digest } = await archive(['amd64', 'arm64']);
      await ok(['push', path, '--to', host, '--tag', 'team/app:1.0']);
      const app = `${host}/team/app`;

      expect(await ok(['digest', `${app}:1.0`])).toBe(`${digest}\n`);
      const arm = (await ok(['digest', `${app}:1.0`, '--platform', 'linux/arm64'])).trim();
      expect(arm).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(arm).not.toBe(digest);
      expect(await ok(['ls', host])).toBe('team/app\n');
      expect(await ok(['tags', app])).toBe('1.0\n');
      expect(await stowage(['tags', `${host}/nope`])).toMatchObject({
        code: 3,
        stderr: expect.stringContaining(`${host}/nope: no such repository`) as string,
      });

      expect(await ok(['tag', `${app}:1.0`, '1', 'latest'])).toContain(`${app}:latest  tagged`);
      expect(await ok(['ls', app])).toBe('1\n1.0\nlatest\n');

      await writeFile(join(cwd, 'sbom.json'), '{}\n');
      const options = { cwd };
      await ok(['attach', `${app}:1.0`, 'sbom.json', '--type', SPDX], options);
      const tree = await json<{ manifests: object[]; referrers: object[] }>(['tree', `${app}:1.0`]);
      expect(tree).toMatchObject({
        digest,
        manifests: [{ platform: 'linux/amd64' }, { platform: 'linux/arm64', digest: arm }],
        referrers: [{ artifactType: SPDX }],
      });
      expect(await ok(['tree', `${app}:1.0`])).toContain(`└── ${SPDX}  sha256:`);
      await ok(['artifact', 'pull', `${app}:1.0`, '--type', SPDX, '-o', 'out'], options);
      expect(await readFile(join(cwd, 'out/sbom.json'), 'utf8')).toBe('{}\n');

      await ok(['copy', app, `${mirror}/copy/app`, '--tags', '1*']);
      expect(await ok(['tags', `${mirror}/copy/app`])).toBe('1\n1.0\n');
      expect(await json(['tree', `${mirror}/copy/app:1`])).toMatchObject({
        referrers: [{ artifactType: SPDX }],
      });
      expect(await ok(['copy', app, `${mirror}/copy/app`, '--all-tags'])).toMatch(
        /latest {2}copied, .* sent .*\n2 were up to date\n/,
      );
      expect(await ok(['sync', `${host}/team`, `${mirror}/synced`])).toContain(
        `${mirror}/synced/app:1.0@${digest}  sent`,
      );
      expect(await ok(['sync', `${host}/team`, `${mirror}/synced`])).toBe('3 were up to date\n');

      const deletesTags = kind === 'stowage serve';
      const removed = await stowage(['rm', `${app}:1`]);
      expect(removed.code).toBe(deletesTags ? 0 : 8);
      if (!deletesTags) expect(removed.stderr).toContain('would be deleted, too: 1.0, latest');
      // Without the referrers API, the list of referrers is a tag.
      const left = (await ok(['tags', app]))
        .trim()
        .split('\n')
        .filter((tag) => !tag.startsWith('sha'));
      expect(left).toEqual(deletesTags ? ['1.0', 'latest'] : ['1', '1.0', 'latest']);
      expect(await ok(['rm', `${app}@${digest}`, '--all-tags', '--dry-run'])).toContain('would be');
      await ok(['rm', `${app}@${digest}`, '--all-tags']);
      expect(await stowage(['digest', `${app}:1.0`])).toMatchObject({ code: 3 });
    },
  );

  it('logs in to a registry with users, and out of it', async () => {
    const folder = await temporaryFolder();
    const htpasswd = join(folder, 'htpasswd');
    await writeFile(htpasswd, HTPASSWD);
    const host = await startRegistry({
      more: `auth: { htpasswd: { realm: test, path: ${htpasswd} } }`,
    });
    const env = { HOME: folder, XDG_RUNTIME_DIR: join(folder, 'run'), DOCKER_CONFIG: '' };
    const login = (password: string) =>
      stowage(['login', host, '-u', 'ada', '--password-stdin'], {
        env,
        input: Buffer.from(`${password}\n`),
      });
    expect(await login('wrong')).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('login refused') as string,
    });
    expect(await login('secret')).toMatchObject({ code: 0 });
    const config = join(folder, '.docker/config.json');
    expect((await stat(config)).mode & 0o777).toBe(0o600);
    expect(await ok(['ls', host], { env })).toBe('');
    // skopeo reads the same file.
    const peer = ['list-tags', '--tls-verify=false', '--authfile', config, `docker://${host}/nope`];
    expect((await run('skopeo', peer, { env })).stderr).not.toContain('unauthorized');
    expect(await ok(['logout', host], { env })).toContain(config);
    expect(await stowage(['ls', host], { env })).toMatchObject({ code: 5 });
  });
});

it('lists and reports the folder of a served registry', async () => {
  const root = await temporaryFolder();
  const { url } = await startServe(['--root', root, '--listen', '127.0.0.1:0']);
  const digest = await pushSmall(url, 'team/app', '1');
  expect(await json(['ls', '--root', root])).toMatchObject({
    images: [{ repository: 'team/app', digest, tags: ['1'] }],
  });
  expect(await ok(['report', '--root', root])).toMatch(/team\/app +1 /);
  const page = await ok(['report', '--root', root, '-o', '-']);
  expect(page).toContain('<h2>Repositories</h2>');
  expect(page).toContain(digest);
});
