import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Inspection, PushResult } from '@stowage/core';
import { expect, inject, it } from 'vitest';
import { localFlag } from './ctr.js';
import { goTool } from './go-tools.js';
import { describeWith, DOCKER } from './peers.js';
import { json, must, stowage, temporaryFolder } from './run.js';
import { archive, startServe } from './served.js';

const digestIn = async (location: string) =>
  (await json<Inspection>(['inspect', location])).images[0]?.digest;

describeWith(['skopeo', 'go'], 'a registry of ours', () => {
  it('accepts pushes of every client, and every other client pulls the same bytes', async () => {
    const { path, digest } = await archive();
    const { host } = await startServe(['--root', await temporaryFolder()]);
    const [crane, regctl] = [await goTool('crane'), await goTool('regctl')];
    const env = { HOME: await temporaryFolder() };
    await must(regctl, ['registry', 'set', '--tls', 'disabled', host], { env });
    const there = (tool: string) => `${host}/by/${tool}:1`;
    const quiet = ['--insecure-policy', '--src-tls-verify=false', '--dest-tls-verify=false', '-q'];
    await must('skopeo', ['copy', ...quiet, `oci-archive:${path}`, `docker://${there('skopeo')}`]);
    await must(regctl, ['image', 'import', there('regctl'), path], { env });
    await must(crane, ['copy', '--insecure', there('regctl'), there('crane')]);
    const { results } = await json<{ results: PushResult[] }>([
      ...['push', path, '--to', `${host}/by`, '--tag', 'stowage:1'],
    ]);
    expect(results).toMatchObject([{ action: 'pushed', digest }]);
    for (const tool of ['skopeo', 'regctl', 'crane', 'stowage']) {
      expect(await must(crane, ['digest', '--insecure', there(tool)])).toBe(`${digest}\n`);
      await must(crane, ['validate', '--insecure', '--remote', there(tool)]);
      expect(await digestIn(`docker://${there(tool)}`)).toBe(digest);
    }
    const out = join(await temporaryFolder(), 'out');
    await must('skopeo', ['copy', ...quiet, `docker://${there('crane')}`, `oci:${out}:x`]);
    expect(await digestIn(out)).toBe(digest);
    await must(regctl, ['tag', 'delete', there('crane')], { env });
    await must(crane, ['delete', '--insecure', `${host}/by/skopeo@${digest}`]);
    expect(await must(crane, ['ls', '--insecure', `${host}/by/stowage`])).toBe('1\n');
    expect(await must(crane, ['ls', '--insecure', `${host}/by/skopeo`])).toBe('');
  });

  it('accepts all platforms from skopeo copy and skopeo sync', async () => {
    const { path, digest } = await archive(['amd64', 'arm64']);
    const [from, to] = [
      await startServe(['--root', await temporaryFolder()]),
      await startServe(['--root', await temporaryFolder()]),
    ];
    const quiet = ['--src-tls-verify=false', '--dest-tls-verify=false'];
    const all = ['--insecure-policy', 'copy', '-q', '--all', '--preserve-digests', ...quiet];
    for (const tag of ['1', '2'])
      await must('skopeo', [
        ...all,
        `oci-archive:${path}`,
        `docker://${from.host}/team/app:${tag}`,
      ]);
    const sync = ['--insecure-policy', 'sync', '--all', '--preserve-digests', ...quiet];
    const places = ['--src', 'docker', '--dest', 'docker', `${from.host}/team/app`, to.host];
    await must('skopeo', [...sync, ...places]);
    for (const tag of ['1', '2'])
      expect(await digestIn(`docker://${to.host}/app:${tag}`)).toBe(digest);
  });

  it('serves archives unchanged, and refuses pushes', async () => {
    const { path, digest } = await archive();
    const { host } = await startServe([path]);
    const crane = await goTool('crane');
    expect(await must(crane, ['catalog', '--insecure', host])).toBe('team/app\n');
    await must(crane, ['validate', '--insecure', '--remote', `${host}/team/app:1`]);
    expect(await must(crane, ['digest', '--insecure', `${host}/team/app:1`])).toBe(`${digest}\n`);
    const pushed = await json(['push', path, '--to', host, '--tag', 'other:1']);
    expect(pushed).toMatchObject({ error: { code: 'UNSUPPORTED' } });
    const both = await stowage(['serve', path, '--root', 'x']);
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('--root') as string]);
  });
});

describeWith(
  [...DOCKER, 'docker', 'podman', 'buildah', 'ctr'],
  'a registry of ours',
  () => {
    it('works with push and pull of docker, podman and buildah', async () => {
      const { path } = await archive();
      const { host } = await startServe(['--root', await temporaryFolder()]);
      const env = { DOCKER_HOST: inject('dockerHost') };
      const engine = ['--engine', 'docker', '--host', inject('dockerHost')];
      const name = `${host}/by/docker:1`;
      await json(['load', path, '--as', name, ...engine]);
      await must('docker', ['push', '--quiet', name], { env });
      await must('docker', ['image', 'rm', '--force', name], { env });
      await must('docker', ['pull', '--quiet', name], { env });
      await must('docker', ['image', 'rm', '--force', name], { env });
      for (const tool of ['podman', 'buildah']) {
        const folder = await temporaryFolder();
        const storage = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run')];
        const its = (...args: readonly string[]) =>
          must(tool, [...storage, '--storage-driver', 'vfs', ...args]);
        await its('pull', '--quiet', '--tls-verify=false', name);
        await its('push', '--quiet', '--tls-verify=false', name, `docker://${host}/by/${tool}:1`);
        expect((await stowage(['verify', `docker://${host}/by/${tool}:1`])).code).toBe(0);
      }
    });

    it('works with pull and push of containerd', async () => {
      const { path, digest } = await archive();
      const { host } = await startServe(['--root', await temporaryFolder()]);
      await json(['push', path, '--to', host, '--tag', 'team/app:1']);
      const ctr = ctrIn('serve');
      const [name, copied] = [`${host}/team/app:1`, `${host}/by/ctr:1`];
      const local = await localFlag('pull');
      await ctr('pull', ...local, '--plain-http', '--snapshotter', 'native', name);
      await ctr('tag', name, copied);
      await ctr('push', ...local, '--plain-http', copied);
      expect(await digestIn(`docker://${copied}`)).toBe(digest);
      await ctr('remove', name, copied);
    });

    it('as a mirror of two registries gives containerd the image of the one that it names by ?ns=', async () => {
      const [one, two] = [await archive(), await archive(['amd64'])];
      const far = await startServe(['--root', await temporaryFolder()]);
      await json(['push', one.path, '--to', `${far.host}/hub`, '--tag', 'team/app:1']);
      await json(['push', two.path, '--to', `${far.host}/quay`, '--tag', 'team/app:1']);
      const mirror = await startServe([
        ...['--root', await temporaryFolder()],
        ...['--upstream', `docker.io=http://${far.host}/hub`],
        ...['--upstream', `quay.io=http://${far.host}/quay`],
      ]);
      const hosts = await temporaryFolder();
      for (const name of ['docker.io', 'quay.io']) {
        await mkdir(join(hosts, name));
        const config = `[host."${mirror.url}"]\n  capabilities = ["pull", "resolve"]\n`;
        await writeFile(join(hosts, name, 'hosts.toml'), config);
      }
      const names = ['docker.io/team/app:1', 'quay.io/team/app:1'];
      const ctr = ctrIn('mirror');
      const from = ['--plain-http', '--hosts-dir', hosts, '--snapshotter', 'native'];
      for (const name of names) await ctr('pull', ...(await localFlag('pull')), ...from, name);
      await far.stop('SIGKILL');
      const list = await ctr('list');
      for (const [at, { digest }] of [one, two].entries())
        expect(list).toMatch(new RegExp(`${names[at]} .* ${digest} `));
      await ctr('remove', ...names);
    });
  },
  { root: true },
);

/** Commands of `ctr images` in a namespace of the engine's containerd. */
function ctrIn(namespace: string) {
  const prefix = ['--address', inject('containerd'), '--namespace', namespace, 'images'];
  return (...args: readonly string[]) => must('ctr', [...prefix, ...args]);
}
