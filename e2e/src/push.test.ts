import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  ArchiveWriter,
  copy as copyAll,
  writeAtomically,
  type Inspection,
  type PushResult,
} from '@stowage/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeIndex } from '../../packages/core/testing/image.js';
import { MemoryStore } from '../../packages/core/testing/memory-store.js';
import { startRegistry } from './distribution-server.js';
import { faultyProxy } from './faulty-proxy.js';
import { ARCHIVE, createWorkspace, DEFINITION, NAME } from './fixture.js';
import { describeWith } from './peers.js';
import { PROGRAM, SCRIPT, cleanEnvironment, json, must, stowage, temporaryFolder } from './run.js';

const GOLDEN = join(import.meta.dirname, '../../packages/core/testing/golden');
const golden = (file: string) => join(GOLDEN, file);

const push = async (args: readonly string[], cwd: string) =>
  (await json<{ results: PushResult[] }>(['push', ...args], { cwd })).results;

describeWith(['docker-registry', 'skopeo'], 'push', () => {
  it('pushes every image under the prefix and its own name', async () => {
    const cwd = await temporaryFolder();
    const host = await startRegistry();
    const results = await push([golden('docker-25.tar'), '--to', `${host}/mirror`], cwd);
    expect(results.map(({ source, reference, action }) => [source, reference, action])).toEqual([
      ['docker.io/golden/app:v1', `${host}/mirror/golden/app:v1`, 'pushed'],
      ['docker.io/golden/app:also', `${host}/mirror/golden/app:also`, 'pushed'],
      ['docker.io/library/hello:1.0', `${host}/mirror/library/hello:1.0`, 'pushed'],
    ]);
    // The registry has the digest of the archive's index.
    const { images } = await json<Inspection>(['inspect', golden('docker-25.tar')]);
    expect(new Set(results.map(({ digest }) => digest))).toEqual(
      new Set(images.map(({ digest }) => digest)),
    );
    const again = await push([golden('docker-25.tar'), '--to', `${host}/mirror`], cwd);
    expect(again.map(({ action, bytesSent }) => [action, bytesSent])).toEqual(
      Array(3).fill(['skipped', 0]),
    );
  });

  it('refuses platforms that neither the archive nor the registry has, before it sends anything', async () => {
    const host = await startRegistry();
    const { code, stderr } = await stowage(['push', golden('docker-29-sparse.tar'), '--to', host]);
    expect(code, stderr).toBe(4);
    const catalog = await fetch(`http://${host}/v2/_catalog`);
    expect(await catalog.json()).toEqual({ repositories: [] });
  });

  it('compresses the layers of a docker-archive, and mounts blobs of other repositories', async () => {
    const cwd = await temporaryFolder();
    const host = await startRegistry();
    const to = ['--to', host];
    const form = async (reference: string | undefined) =>
      must('skopeo', ['inspect', '--tls-verify=false', '--raw', `docker://${reference}`]);
    const [plain] = await push([golden('docker-20.tar'), '--to', await startRegistry()], cwd);
    expect(await form(plain?.reference)).not.toContain('gzip');
    await writeFile(join(cwd, 'stowage.yaml'), 'push: { compress: gzip }\n');
    const [first] = await push([golden('docker-20.tar'), ...to], cwd);
    expect(first?.blobs.sent).toBe(3);
    expect(await form(first?.reference)).toContain('tar+gzip');
    const [other] = await push([golden('podman-oci.tar'), ...to, '--tag', 'a/b:c'], cwd);
    expect(other?.reference).toBe(`${host}/a/b:c`);
    // The images of one push share layers across repositories as well.
    const fresh = await startRegistry();
    const several = await push([golden('docker-20-several.tar'), '--to', fresh], cwd);
    const total = (how: 'sent' | 'mounted' | 'existing') =>
      several.reduce((sum, { blobs }) => sum + blobs[how], 0);
    // Two layers of both images, and one config for each.
    expect(total('sent')).toBe(4);
    expect(total('mounted')).toBeGreaterThanOrEqual(2);
    expect(total('mounted') + total('existing')).toBe(5);
  });

  it('accepts patterns, pushes signatures, and treats existing tags as requested', async () => {
    const cwd = await temporaryFolder();
    const host = await startRegistry();
    for (const name of ['a', 'b'])
      await writeFile(join(cwd, `${name}.tar`), await readFile(golden('referrers.tar')));
    const results = await push(['*.tar', '--to', host], cwd);
    expect(results.map(({ action }) => action)).toEqual(['pushed', 'skipped']);
    const name = `docker://${results[0]?.reference}`;
    await json(['copy', name, 'back.tar'], { cwd });
    expect((await json<Inspection>(['inspect', 'back.tar'], { cwd })).images).toHaveLength(3);
    const other = [golden('podman-oci.tar'), '--to', host, '--tag', 'golden/app:v1'];
    const skipped = await push([...other, '--on-existing-tag', 'skip'], cwd);
    expect(skipped).toMatchObject([{ action: 'skipped', digest: results[0]?.digest }]);
    const refused = await stowage(['push', ...other, '--on-existing-tag', 'error'], { cwd });
    expect([refused.code, refused.stderr]).toEqual([8, expect.stringContaining(host)]);
    expect(await push(other, cwd)).toMatchObject([{ action: 'pushed' }]);
  });
});

describeWith(['docker-registry', 'skopeo'], 'push, the second time', () => {
  it('requests only the tag, with compressed layers or without', async () => {
    const cwd = await temporaryFolder();
    const env = { STOWAGE_CACHE_DIR: join(cwd, 'cache') };
    const { host, requests } = await faultyProxy(await startRegistry(), () => false, {});
    const args = ['push', golden('docker-20.tar'), '--to', host];
    const first = await json<{ results: PushResult[] }>(args, { cwd, env });
    requests.splice(0);
    const again = await json<{ results: PushResult[] }>(args, { cwd, env });
    expect(again.results).toMatchObject([
      { action: 'skipped', bytesSent: 0, digest: first.results[0]?.digest },
    ]);
    expect(requests.slice()).toEqual(['GET /v2/', 'HEAD /v2/golden/app/manifests/v1']);
    requests.splice(0);
    // Under another name the digests of the compressed layers are known, so the registry is asked for them.
    const other = [...args, '--tag', 'golden/app:v2'];
    const { results } = await json<{ results: PushResult[] }>(other, { cwd, env });
    expect(results).toMatchObject([{ blobs: { sent: 0, existing: 3 } }]);
    expect(requests.filter((each) => /^(?:POST|PATCH)/.test(each))).toEqual([]);
    const dry = await json<{ results: PushResult[] }>([...args, '--dry-run'], { cwd, env });
    expect(dry.results[0]?.digest).toBe(first.results[0]?.digest);
  });

  it('resumes after a kill', async () => {
    const cwd = await createWorkspace();
    const env = { STOWAGE_CACHE_DIR: join(cwd, 'cache') };
    await writeFile(join(cwd, DEFINITION, 'files/large'), randomBytes(70 * 1024 ** 2));
    expect((await stowage(['build', DEFINITION, '--save'], { cwd })).code).toBe(0);
    const isSecond = ({ method, headers }: IncomingMessage) =>
      method === 'PATCH' && !headers['content-range']?.startsWith('0-');
    const { host, hits, requests } = await faultyProxy(await startRegistry(), isSecond, {
      silent: true,
    });
    const args = ['push', ARCHIVE, '--to', host, '--compress', 'none'];
    const child = spawn(PROGRAM, [...SCRIPT, ...args], {
      cwd,
      env: { ...cleanEnvironment(), ...env },
      stdio: 'ignore',
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    while (hits() === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGKILL');
    await once(child, 'close');
    requests.splice(0);
    const { results } = await json<{ results: PushResult[] }>(args, { cwd, env });
    const patches = requests.filter((each) => each.startsWith('PATCH'));
    expect(patches.map((each) => each.split(' ').at(-1))).toEqual([
      '33554432-67108863',
      expect.stringMatching(/^67108864-/),
    ]);
    await json(['copy', `docker://${results[0]?.reference}`, 'back.tar'], { cwd, env });
    expect((await stowage(['verify', 'back.tar'], { cwd })).code).toBe(0);
    expect(await readdir(join(env.STOWAGE_CACHE_DIR, 'uploads'))).toEqual([]);
  });

  it('merges the platforms of both under one tag; merge replaces, merge-keep keeps existing ones', async () => {
    const cwd = await temporaryFolder();
    const host = await startRegistry();
    const index = async (reference: string, architectures: readonly string[], seed: string) => {
      const path = join(cwd, `${seed}.tar`);
      const content = new MemoryStore();
      const platforms = architectures.map((architecture) => ({ os: 'linux', architecture }));
      await writeIndex(content, reference, platforms, seed);
      await using sink = new ArchiveWriter(path, (archive) => writeAtomically(path, archive));
      await copyAll(content, undefined, sink);
      await sink.commit();
      return path;
    };
    const first = await index('app:1', ['amd64', 'arm64'], 'first');
    const second = await index('app:1', ['arm64', 's390x'], 'second');
    await push([first, '--to', host], cwd);
    const platforms = async () => {
      const raw = ['inspect', '--tls-verify=false', '--raw', `docker://${host}/library/app:1`];
      const { manifests } = JSON.parse(await must('skopeo', raw)) as {
        manifests: { digest: string; platform: { architecture: string } }[];
      };
      return new Map(manifests.map(({ platform, digest }) => [platform.architecture, digest]));
    };
    const before = await platforms();
    await push([second, '--to', host, '--on-existing-tag', 'merge-keep'], cwd);
    const kept = await platforms();
    expect([...kept.keys()].sort()).toEqual(['amd64', 'arm64', 's390x']);
    expect(kept.get('arm64')).toBe(before.get('arm64'));
    await push([second, '--to', host, '--on-existing-tag', 'merge'], cwd);
    const merged = await platforms();
    expect([...merged.keys()].sort()).toEqual(['amd64', 'arm64', 's390x']);
    expect(merged.get('arm64')).not.toBe(before.get('arm64'));
    expect(merged.get('amd64')).toBe(before.get('amd64'));
    const again = await push([second, '--to', host, '--on-existing-tag', 'merge'], cwd);
    expect(again).toMatchObject([{ action: 'skipped', bytesSent: 0 }]);
    await json(['copy', `docker://${host}/library/app:1`, 'all.tar'], { cwd });
    expect((await stowage(['verify', 'all.tar'], { cwd })).code).toBe(0);
  });

  it('accepts the option names of other tools', async () => {
    const cwd = await temporaryFolder();
    const host = await startRegistry();
    const spelled = ['--image-archive', golden('podman-oci.tar'), '--image-tag', 'team/app:2'];
    const [result] = await push([...spelled, '--to-registry', `http://${host}/mirror`], cwd);
    expect(result).toMatchObject({ action: 'pushed', reference: `${host}/mirror/team/app:2` });
    const one = ['push', ...spelled, '--to-registry', host, '--to-registry-username', 'ada'];
    expect((await stowage(one, { cwd })).code).toBe(2);
  });

  it('pushes no manifest and no tag of an image with damaged content', async () => {
    const cwd = await createWorkspace();
    const host = await startRegistry();
    expect((await stowage(['build', DEFINITION, '--save'], { cwd })).code).toBe(0);
    const archive = await readFile(join(cwd, ARCHIVE));
    archive.write('jello', archive.indexOf('hello\n'));
    await writeFile(join(cwd, 'bad.tar'), archive);
    for (const compress of ['gzip', 'none']) {
      const args = ['push', './bad.tar', '--to', host, '--compress', compress];
      expect((await stowage(args, { cwd })).code).toBe(4);
    }
    const tags = await fetch(`http://${host}/v2/library/${NAME}/tags/list`);
    expect(await tags.text()).not.toContain('latest');
  });
});

describe('push opens no connection', () => {
  it.each<[string, number, (file: string) => readonly string[]]>([
    ['a file that is not there', 3, () => ['./none.tar']],
    ['a pattern that nothing matches', 3, () => ['none*.tar']],
    ['an archive of no images', 3, () => [golden('empty-oci.tar')]],
    ['an image without a name', 2, () => [golden('skopeo-unnamed.tar')]],
    ['one name for several', 2, () => [golden('docker-25.tar'), '--tag', 'a:1']],
    ['two images of one name', 2, () => [golden('docker-25.tar'), golden('docker-20.tar')]],
    ['a file cut short', 4, (file) => [file]],
    ['a dry run', 0, () => [golden('docker-25.tar'), '--dry-run']],
    ['a user without a password', 2, () => [golden('docker-25.tar'), '--username', 'ada']],
  ])('for %s', async (_, expected, args) => {
    const cwd = await temporaryFolder();
    await writeFile(
      join(cwd, 'cut.tar'),
      (await readFile(golden('docker-25.tar'))).subarray(0, 9000),
    );
    let connections = 0;
    const server = createServer((socket) => {
      connections++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
    const to = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, stderr } = await stowage(['push', ...args('./cut.tar'), '--to', to], { cwd });
    expect(code, stderr).toBe(expected);
    expect(connections).toBe(0);
  });

  it('to an invalid address', async () => {
    const { code, stderr } = await stowage(['push', golden('docker-25.tar'), '--to', 'no/ne/']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('HOST[:PORT][/PREFIX]')]);
  });
});
