import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { readdir, readFile, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CachedImage, CacheInfo, CacheProof, LoadResult, PullResult } from '@stowage/core';
import { expect, inject, it, onTestFinished } from 'vitest';
import { startRegistry } from './distribution-server.js';
import { faultyProxy } from './faulty-proxy.js';
import { createWorkspace, ARCHIVE, DEFINITION, put } from './fixture.js';
import { describeWith, DOCKER } from './peers.js';
import {
  COMMAND,
  PROGRAM,
  SCRIPT,
  cleanEnvironment,
  json,
  must,
  stowage,
  temporaryFolder,
} from './run.js';

const GOLDEN = join(import.meta.dirname, '../../packages/core/testing/golden');
const APP = join(GOLDEN, 'podman-oci.tar');
const LARGE = 24 * 1024 ** 2;

/** Creates a workspace with its own cache, and a registry with an image. */
async function setUp(archive = APP) {
  const cwd = await temporaryFolder();
  const env = { STOWAGE_CACHE_DIR: join(cwd, 'cache') };
  const registry = await startRegistry();
  const { host, requests } = await faultyProxy(registry, () => false, {});
  const reference = `${registry}/team/app:1`;
  await json<unknown>(['copy', archive, `docker://${reference}`], { cwd, env });
  return { cwd, env, registry, host, requests, name: `${host}/team/app` };
}

async function saveLarge(): Promise<string> {
  const cwd = await createWorkspace();
  await writeFile(join(cwd, DEFINITION, 'files/large'), randomBytes(LARGE));
  expect((await stowage(['build', DEFINITION, '--save'], { cwd })).code).toBe(0);
  return join(cwd, ARCHIVE);
}

describeWith(['docker-registry', 'unshare'], 'pull', () => {
  it('stores an image once in the cache for all names, and reads it without a network', async () => {
    const { cwd, env, name, requests } = await setUp();
    const pull = async (...args: readonly string[]) =>
      (await json<{ results: PullResult[] }>(['pull', '--plain-http', ...args], { cwd, env }))
        .results;
    const [first] = await pull(`${name}:1`);
    expect(first?.bytesReceived).toBeGreaterThan(0);
    const { stdout } = await stowage(['pull', `${name}:1`], { cwd, env });
    expect(stdout).toBe(`${name}:1@${first?.digest}  pulled (0 B received)\n`);
    requests.splice(0);
    expect(await pull(`${name}:1`)).toMatchObject([{ digest: first?.digest, bytesReceived: 0 }]);
    // A tag may have moved, so it takes one request. A digest takes none.
    expect(requests.slice()).toEqual(['HEAD /v2/team/app/manifests/1']);
    requests.splice(0);
    const byDigest = `${name}@${first?.digest}`;
    expect(await pull(byDigest)).toMatchObject([{ digest: first?.digest, bytesReceived: 0 }]);
    expect(requests).toEqual([]);
    const offline = ['-n', ...COMMAND, 'pull', byDigest, '-o', 'off.tar'];
    await must('unshare', offline, { cwd, env });
    expect((await stowage(['verify', 'off.tar'], { cwd })).code).toBe(0);
    const { images } = await json<{ images: CachedImage[] }>(['cache', 'ls'], { cwd, env });
    expect(images.map(({ reference, digest, whole }) => [reference, digest, whole])).toEqual([
      [`${name}:1`, first?.digest, true],
    ]);
  });

  it('writes one or several images to archives and layouts with the digests of the registry', async () => {
    const { cwd, env, name, registry } = await setUp(join(GOLDEN, 'nested-index.tar'));
    const referrers = `docker://${registry}/signed:1`;
    await json(['copy', join(GOLDEN, 'referrers.tar'), referrers, '--all'], { cwd, env });
    await json(['copy', APP, `docker://${registry}/other:2`], { cwd, env });
    const all = [`${name}:1`, `${registry}/other:2`];
    const results = await json<{ results: PullResult[] }>(['pull', ...all, '-o', 'all.tar'], {
      cwd,
      env,
    });
    expect((await stowage(['verify', 'all.tar'], { cwd })).code).toBe(0);
    const listed = await stowage(['inspect', 'all.tar', '--json'], { cwd });
    for (const { digest } of results.results) expect(listed.stdout).toContain(digest);
    await json(['pull', `${name}:1`, '-o', 'one/', '--platform', 'linux/amd64'], { cwd, env });
    const one = await stowage(['inspect', 'one', '--json'], { cwd });
    expect(one.stdout).toContain('"architecture":"amd64"');
    const there = await stowage(['pull', `${name}:1`, '-o', 'all.tar'], { cwd, env });
    expect([there.code, there.stderr]).toEqual([8, expect.stringContaining('--force')]);
  });

  it('leaves nothing in the cache with --no-cache, and no partial archive', async () => {
    const { cwd, env, name, registry } = await setUp();
    const { code } = await stowage(['pull', `${name}:1`, '-o', 'a.tar', '--no-cache'], {
      cwd,
      env,
    });
    expect([code, await readdir(cwd)]).toEqual([0, ['a.tar']]);
    const isBlob = ({ url = '' }: IncomingMessage) => url.includes('/blobs/');
    const { host } = await faultyProxy(registry, isBlob, { flip: true });
    const bad = ['pull', `${host}/team/app:1`, '-o', 'b.tar', '--cache=false'];
    expect((await stowage(bad, { cwd, env })).code).toBe(4);
    expect(await readdir(cwd)).toEqual(['a.tar']);
  });

  it('resumes after a kill, fetches once for several processes, and repairs damaged blobs', async () => {
    const { cwd, env, registry } = await setUp(await saveLarge());
    const isLarge = ({ method, url = '' }: IncomingMessage) =>
      method === 'GET' && url.includes('/blobs/') && lastBlob(url);
    const seen = new Set<string>();
    // The config is the first blob, the layer the second.
    const lastBlob = (url: string) => seen.add(url).size > 1;
    const { host, requests } = await faultyProxy(registry, isLarge, {
      stallAfter: 9 * 1024 ** 2,
    });
    const name = `${host}/team/app:1`;
    const child = spawn(PROGRAM, [...SCRIPT, 'pull', name], {
      cwd,
      env: { ...cleanEnvironment(), ...env },
      stdio: 'ignore',
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const info = () => json<CacheInfo>(['cache', 'info'], { cwd, env });
    while ((await info()).partialBytes < 8 * 1024 ** 2)
      await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill('SIGKILL');
    await once(child, 'close');
    const before = requests.length;
    const both = await Promise.all([
      json<{ results: PullResult[] }>(['pull', name], { cwd, env }),
      json<{ results: PullResult[] }>(['pull', name], { cwd, env }),
    ]);
    const received = both
      .map(({ results }) => results[0]?.bytesReceived ?? 0)
      .sort((a, b) => a - b);
    expect(received[0]).toBe(0);
    expect(received[1]).toBeLessThan(LARGE - 8 * 1024 ** 2);
    const later = requests.slice(before).filter((each) => each.includes('/blobs/'));
    expect(later).toEqual([expect.stringMatching(/ bytes=[0-9]{7,}-/)]);
    expect((await info()).partialBytes).toBe(0);
    const proof = await json<CacheProof>(['cache', 'verify'], { cwd, env });
    expect(proof.damaged).toEqual([]);
    // Flip one byte of the cached layer.
    const blobs = join(env.STOWAGE_CACHE_DIR, 'blobs/sha256');
    for (const file of await readdir(blobs)) {
      const path = join(blobs, file);
      if ((await stat(path)).size < LARGE) continue;
      const bytes = await readFile(path);
      bytes.writeUInt8(bytes.readUInt8(5000) ^ 1, 5000);
      await writeFile(path, bytes);
    }
    const broken = await stowage(['pull', name, '-o', 'a.tar'], { cwd, env });
    expect([broken.code, await readdir(cwd)]).toEqual([4, ['cache']]);
    expect((await stowage(['pull', name, '-o', 'a.tar'], { cwd, env })).code).toBe(0);
    expect((await stowage(['verify', 'a.tar'], { cwd })).code).toBe(0);
    expect((await stowage(['pull', name], { cwd, env })).code).toBe(0);
    for (const file of await readdir(blobs))
      if ((await stat(join(blobs, file))).size >= LARGE) await truncate(join(blobs, file), 5);
    const cut = await json<CacheProof>(['cache', 'verify'], { cwd, env });
    expect(cut.damaged).toHaveLength(1);
    await json(['cache', 'purge'], { cwd, env });
    expect(await info()).toMatchObject({ images: 0, blobs: 0, bytes: 0 });
  });
});

describeWith(['docker-registry'], 'the cache', () => {
  it('deletes the least recently used images, on request and by stowage.yaml', async () => {
    const { cwd, env, registry, name } = await setUp();
    const second = join(GOLDEN, 'docker-20.tar');
    await json(['copy', second, `docker://${registry}/team/app:2`], { cwd, env });
    const pull = (tag: number) => json(['pull', '--plain-http', `${name}:${tag}`], { cwd, env });
    const named = async () =>
      (await json<{ images: CachedImage[] }>(['cache', 'ls'], { cwd, env })).images.map(
        ({ reference }) => reference?.replace(/^.*:/, ''),
      );
    const purge = (...args: readonly string[]) =>
      json<{ purged: CachedImage[] }>(['cache', 'purge', ...args], { cwd, env });
    /** Sets the last use of all cached images back by an hour. */
    const age = async () => {
      const past = new Date(Date.now() - 3_600_000);
      const folder = join(env.STOWAGE_CACHE_DIR, 'images');
      for (const file of await readdir(folder)) await utimes(join(folder, file), past, past);
    };
    await pull(1);
    await age();
    await pull(2);
    expect((await purge('--max-used', '1GB')).purged).toEqual([]);
    expect((await purge('--max-used', '1B', '--dry-run')).purged).toHaveLength(2);
    expect((await purge('--unused-for', '30m')).purged).toMatchObject([{ reference: `${name}:1` }]);
    expect(await named()).toEqual(['2']);
    await age();
    await writeFile(join(cwd, 'stowage.yaml'), 'cache: { max_used: 1B }\n');
    await pull(1);
    // A just used image stays, whatever the limit.
    expect(await named()).toEqual(['1']);
  });
});

describeWith([...DOCKER, 'docker-registry', 'unshare'], 'load of a reference', () => {
  it('sends one request for a tag, skips or retags an existing image, and loads a digest without a network', async () => {
    const { cwd, env, name, requests } = await setUp();
    const host = ['--host', inject('dockerHost')];
    const load = async (...args: readonly string[]) =>
      (
        await json<{ results: LoadResult[] }>(['load', '--plain-http', ...args, ...host], {
          cwd,
          env,
        })
      ).results;
    onTestFinished(async () => {
      await must('docker', ['image', 'rm', '-f', `${name}:1`, `${name}:2`], {
        env: { DOCKER_HOST: inject('dockerHost') },
      });
    });
    const [loaded] = await load(`${name}:1`);
    expect(loaded).toMatchObject({ action: 'loaded', reference: `${name}:1` });
    requests.splice(0);
    expect(await load(`docker://${name}:1`)).toMatchObject([{ action: 'skipped', bytesSent: 0 }]);
    expect(requests.slice()).toEqual(['HEAD /v2/team/app/manifests/1']);
    const digest = loaded?.digest ?? '';
    const registry = requests.length;
    const offline = (...args: readonly string[]) =>
      must('unshare', ['-n', ...COMMAND, 'load', '--json', ...args, ...host], {
        cwd,
        env,
      });
    expect(await offline(`${name}@${digest}`)).toContain('"action":"skipped"');
    expect(await offline(`${name}:2@${digest}`)).toContain('"action":"retagged"');
    await must('docker', ['image', 'rm', '-f', `${name}:1`, `${name}:2`], {
      env: { DOCKER_HOST: inject('dockerHost') },
    });
    expect(await offline(`${name}:1@${digest}`)).toContain('"action":"loaded"');
    expect(requests).toHaveLength(registry);
    // The requested names, not the name of an earlier pull.
    await put(
      cwd,
      'pod.yaml',
      `{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{image: "${name}:2@${digest}"}]}}\n`,
    );
    expect(await load('--images-from', 'pod.yaml')).toMatchObject([
      { action: 'retagged', reference: `${name}:2` },
    ]);
    const held = await stowage(['ls', '--engine', 'docker', ...host, '--json'], { cwd, env });
    expect(held.stdout).toContain(`${name}:2`);
    const named = await stowage(['ls', '--images-from', 'pod.yaml', '--json'], { cwd });
    expect(named.stdout).toContain('Pod/p');
  });
});
