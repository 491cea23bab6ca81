import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildResult, ListEntry, LoadResult, SaveResult } from '@stowage/core';
import { describe, expect, it } from 'vitest';
import { listening } from '../../packages/core/testing/listening.js';
import {
  quirkyRegistry,
  refuse,
  Registry,
  type Quirk,
} from '../../packages/core/testing/quirks/registry.js';
import { byteProxy } from './byte-proxy.js';
import { startRegistry } from './distribution-server.js';
import { goTool } from './go-tools.js';
import { nxCacheServer } from './nx-cache-server.js';
import { createNxWorkspace } from './nx-workspace.js';
import { describeWith } from './peers.js';
import { json, must, temporaryFolder, stowage } from './run.js';
import { startServe } from './served.js';

const LAYER_BYTES = 3_000_000;
const FOLDERS = { base: 'apps/app/images/base', top: 'apps/app/images/top' };
const BASE = 'app-debian-12-base';
const TOP = 'app-debian-12-top';
/** Content that gzip cannot shrink, the same for all runners. */
const BLOB = randomBytes(LAYER_BYTES);

/** A runner: its own clone, home folder, cache and embedded engine. */
async function runner(repository: string, mode = 'read-write') {
  const cwd = await temporaryFolder();
  const home = await temporaryFolder();
  await mkdir(join(home, '.docker'));
  // A registry without access control ignores it.
  const auths = { [repository.replace(/\/.*/, '')]: { auth: btoa('ada:secret') } };
  await writeFile(join(home, '.docker/config.json'), JSON.stringify({ auths }));
  const write = async (path: string, content: string | Uint8Array) => {
    await mkdir(join(cwd, path, '..'), { recursive: true });
    await writeFile(join(cwd, path), content);
  };
  const definition = (variant: string, more: string) =>
    `project: app\nos: debian-12\nvariant: ${variant}\n${more}copy: [{ from: files, to: /${variant} }]\n`;
  await write('stowage.yaml', `engine: embedded\nshare: { repository: ${repository} }\n`);
  await write(`${FOLDERS.base}/image.yaml`, definition('base', ''));
  await write(`${FOLDERS.base}/files/blob`, BLOB);
  await write(`${FOLDERS.top}/image.yaml`, definition('top', `base: ${BASE}\n`));
  await write(`${FOLDERS.top}/files/small`, 'one\n');
  const env = { HOME: home, STOWAGE_CACHE_DIR: join(home, 'cache'), STOWAGE_SHARE: mode };
  const options = { cwd, env };
  const save = async (folder: string) =>
    (await json<{ results: SaveResult[] }>(['build', folder, '--save'], options)).results[0];
  return {
    cwd,
    write,
    save,
    saveAll: async () => [(await save(FOLDERS.base))?.action, (await save(FOLDERS.top))?.action],
    load: async (name: string) =>
      (await json<{ results: LoadResult[] }>(['load', name], options)).results[0],
    build: async (folder: string) =>
      (await json<{ results: BuildResult[] }>(['build', folder], options)).results[0],
    list: async () => (await json<{ entries: ListEntry[] }>(['ls'], options)).entries,
    record: (name: string) => readFile(join(cwd, 'images/app', `${name}.image.json`), 'utf8'),
    stowage: (...args: string[]) => stowage(args, options),
  };
}

const HTPASSWD = 'ada:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n';

async function registryWithLogin(): Promise<string> {
  const path = join(await temporaryFolder(), 'htpasswd');
  await writeFile(path, HTPASSWD);
  return await startRegistry({ more: `auth: { htpasswd: { realm: test, path: ${path} } }` });
}

/** A registry whose tags are immutable, that deletes nothing and knows no referrers. */
const LIMITED: Quirk = {
  name: 'limited',
  before: ({ method, url }, { tags }) =>
    method === 'DELETE' ||
    url.pathname.includes('/referrers/') ||
    (method === 'PUT' && tags.has(url.pathname.slice('/v2/'.length).replace('/manifests/', ':')))
      ? refuse(405)
      : undefined,
};

const REGISTRIES: readonly [string, () => Promise<string>][] = [
  ['docker-registry with a login', registryWithLogin],
  ['distribution 3', async () => startRegistry({ program: await goTool('registry') })],
  ['stowage serve', async () => (await startServe(['--root', await temporaryFolder()])).host],
  [
    'a registry with immutable tags, without deletion and referrers',
    () => listening(quirkyRegistry(new Registry(), LIMITED)),
  ],
];

describeWith(['docker-registry', 'go'], 'runners that share one registry', () => {
  it.each(REGISTRIES)('build an image once and move only what changed: %s', async (_, start) => {
    const { host, received } = await byteProxy(await start());
    const repository = `${host}/team/images`;
    const [one, two] = [await runner(repository), await runner(repository, 'read')];
    expect(await one.saveAll()).toEqual(['saved', 'saved']);

    received();
    expect(await two.saveAll()).toEqual(['remote', 'remote']);
    for (const name of [BASE, TOP]) expect(await two.record(name)).toBe(await one.record(name));
    // Neither a layer nor a config.
    expect(received()).toBeLessThan(20_000);
    expect(await two.load(TOP)).toMatchObject({ action: 'loaded' });
    expect(received()).toBeGreaterThan(LAYER_BYTES);

    for (const each of [one, two]) await each.write(`${FOLDERS.top}/files/small`, 'two\n');
    expect(await one.saveAll()).toEqual(['skipped', 'saved']);
    received();
    expect(await two.save(FOLDERS.top)).toMatchObject({ action: 'remote' });
    expect(await two.load(TOP)).toMatchObject({ action: 'loaded' });
    expect(received()).toBeLessThan(50_000);
  });

  it('take one digest where both build one key at once', async () => {
    const repository = `${await startRegistry()}/team/images`;
    const both = [await runner(repository), await runner(repository)];
    const results = await Promise.all(both.map((each) => each.save(FOLDERS.base)));
    expect(new Set(results.map((each) => each?.digest)).size).toBe(1);
    const [one, two] = await Promise.all(both.map((each) => each.record(BASE)));
    expect(one).toBe(two);
  });

  it('have equal keys whatever the umask', async () => {
    const repository = `${await startRegistry()}/team/images`;
    const origin = await runner(repository);
    const commit = 'git -c user.name=e2e -c user.email=e2e@example.com commit -qm images';
    await must('sh', ['-c', `git init -q && git add -A && ${commit}`], { cwd: origin.cwd });
    const cloned = async (umask: string, mode: number) => {
      const each = await runner(repository);
      const clone = `rm -rf apps && umask ${umask} && git clone -q ${origin.cwd} c && mv c/apps .`;
      await must('sh', ['-c', clone], { cwd: each.cwd });
      const { mode: actual } = await stat(join(each.cwd, FOLDERS.base, 'files/blob'));
      expect(actual & 0o777).toBe(mode);
      return each;
    };
    const [one, two] = [await cloned('0000', 0o666), await cloned('0077', 0o600)];
    expect(await one.save(FOLDERS.base)).toMatchObject({ action: 'saved' });
    expect(await two.save(FOLDERS.base)).toMatchObject({ action: 'remote' });
    expect(await two.record(BASE)).toBe(await one.record(BASE));
  });

  it('go on when it dies while a layer moves, up or down', async () => {
    const registry = await startRegistry();
    const up = await byteProxy(registry);
    const one = await runner(`${up.host}/team/images`);
    up.dieAfter(LAYER_BYTES / 3);
    const saved = await one.stowage('build', FOLDERS.base, '--save');
    expect(saved).toMatchObject({ code: 0 });
    expect(saved.stderr.match(/continuing without the share/g)).toHaveLength(1);
    await stat(join(one.cwd, '.stowage/unshared', `${BASE}.tar`));

    const repository = `${registry}/team/images`;
    await (await runner(repository)).save(FOLDERS.base);
    const down = await byteProxy(registry);
    const two = await runner(`${down.host}/team/images`);
    expect(await two.save(FOLDERS.base)).toMatchObject({ action: 'remote' });
    down.dieAfter(LAYER_BYTES / 3);
    expect(await two.stowage('load', BASE)).toMatchObject({ code: 6 });
    // Nothing of it is in the engine; now the image is made here.
    expect(await two.load(BASE)).toMatchObject({ action: 'loaded' });
  });

  it('make an image again that was pruned', async () => {
    const repository = `${await startRegistry()}/team/images`;
    const [one, two] = [await runner(repository), await runner(repository, 'read')];
    await one.save(FOLDERS.base);
    await two.save(FOLDERS.base);
    await one.write(`${FOLDERS.base}/files/more`, 'more\n');
    await one.save(FOLDERS.base);
    const pruned = await one.stowage('prune', '--share', '--keep-newest', '1', '--min-age', '0s');
    expect(pruned).toMatchObject({ code: 0 });
    expect(pruned.stdout).toContain(`${BASE}.in-`);
    const loaded = await two.stowage('load', BASE);
    expect(loaded).toMatchObject({ code: 0 });
    expect(loaded.stderr).toContain('making it here');
  });

  it('go on without it, unless it is required', async () => {
    const one = await runner('127.0.0.1:9/team/images');
    const started = await one.stowage('build', FOLDERS.base, '--save');
    expect(started).toMatchObject({ code: 0 });
    expect(started.stderr.match(/continuing without the share/g)).toHaveLength(1);
    expect((await one.stowage('build', FOLDERS.top, '--save')).stderr).not.toContain('share');
    await stat(join(one.cwd, '.stowage/unshared', `${BASE}.tar`));
    const yaml = 'engine: embedded\nshare: { repository: 127.0.0.1:9/x/y, required: true }\n';
    await one.write('stowage.yaml', yaml);
    await one.write(`${FOLDERS.base}/files/more`, 'x');
    expect(await one.stowage('build', FOLDERS.base, '--save')).toMatchObject({ code: 6 });
  });
});

describe.each(['23.2.1'])('with Nx %s', (version) => {
  it(
    'a task of another machine builds nothing, and a build that was not shared reaches it through the cache of Nx',
    { timeout: 900_000 },
    async () => {
      const { host } = await startServe(['--root', await temporaryFolder()]);
      const one = await createNxWorkspace(version, { STOWAGE_SHARE: 'read-write' });
      try {
        const share = `engine: embedded\nshare: { repository: ${host}/team/images }\n`;
        await one.write('stowage.yaml', share);
        const head = 'project: app\nos: debian-12\n';
        await one.write(
          `${FOLDERS.base}/image.yaml`,
          `${head}variant: base\ncopy: [{ from: files, to: /base }]\n`,
        );
        await one.write(`${FOLDERS.base}/files/a`, 'a\n');
        await one.write(
          `${FOLDERS.top}/image.yaml`,
          `${head}variant: top\nbase: ${BASE}\ncopy: [{ from: files, to: /top }]\n`,
        );
        await one.write(`${FOLDERS.top}/files/b`, 'b\n');
        await one.commit('images');
        expect(await one.nx('run', `${TOP}:image-save`)).toContain(`saved ${TOP}:latest`);

        // A machine: a clone with its own home folder and cache of Nx, and the cache that all have.
        const remote = await nxCacheServer();
        const machine = async (from: string) => {
          const cwd = join(await temporaryFolder(), 'clone');
          await must('git', ['clone', '-q', from, cwd]);
          await must('cp', ['-al', join(one.root, 'node_modules'), cwd]);
          await rm(join(cwd, 'node_modules/.cache'), { recursive: true, force: true });
          // Newer versions of Nx keep the cache of all clones of a repository in one place.
          const own = {
            HOME: await temporaryFolder(),
            NX_CACHE_DIRECTORY: await temporaryFolder(),
          };
          const cache = { STOWAGE_CACHE_DIR: await temporaryFolder() };
          const env = {
            ...own,
            ...cache,
            ...remote.env,
            NX_DAEMON: 'false',
            STOWAGE_SHARE: 'read',
          };
          return {
            cwd,
            nx: (...args: string[]) =>
              must(join(cwd, 'node_modules/.bin/nx'), [...args, '--output-style=stream'], {
                cwd,
                env: { ...env, CI: 'true' },
              }),
          };
        };
        const { cwd: second, nx } = await machine(one.root);
        const loaded = await nx('run', `${TOP}:image-load`);
        expect(loaded).toContain(`${BASE}:latest is in the share`);
        expect(loaded).toContain(`${TOP}:latest is in the share`);
        expect(loaded).toContain('loaded in embedded');
        expect(await nx('run', `${TOP}:image-archive`)).toContain(`images/app/${TOP}.tar`);

        // A reader's build is not published: its archive is an output, which reaches the next machine.
        await writeFile(join(second, FOLDERS.top, 'files/b'), randomBytes(200_000));
        const sizes = () => [...remote.sizes().values()];
        expect(Math.max(...sizes())).toBeLessThan(100_000);
        expect(await nx('run', `${TOP}:image-save`)).toContain(`saved ${TOP}:latest`);
        expect(Math.max(...sizes())).toBeGreaterThan(200_000);
        const user = ['-c', 'user.name=e2e', '-c', 'user.email=e2e@example.com'];
        await must('git', [...user, 'commit', '-qam', 'changed'], { cwd: second });
        const third = await machine(second);
        const restored = await third.nx('run', `${TOP}:image-load`);
        expect(restored).toContain(`${TOP}:image-save  [remote cache]`);
        expect(restored).toContain('loaded in embedded');
      } finally {
        await one.remove();
      }
    },
  );
});
