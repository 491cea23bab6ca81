import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildResult, ListEntry, LoadResult, SaveResult } from '@stowage/core';
import { describe, expect, it } from 'vitest';
import { byteProxy } from './byte-proxy.js';
import { startRegistry } from './distribution-server.js';
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

const REGISTRIES: readonly [string, () => Promise<string>][] = [
  ['docker-registry', startRegistry],
  ['stowage serve', async () => (await startServe(['--root', await temporaryFolder()])).host],
];

describeWith(['docker-registry'], 'runners that share one registry', () => {
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
    expect(await two.saveAll()).toEqual(['skipped', 'remote']);
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
    const [one, two] = [await runner(repository), await runner(repository)];
    await chmod(join(one.cwd, FOLDERS.base, 'files/blob'), 0o666);
    await chmod(join(two.cwd, FOLDERS.base, 'files'), 0o700);
    await chmod(join(two.cwd, FOLDERS.base, 'files/blob'), 0o600);
    expect(await one.save(FOLDERS.base)).toMatchObject({ action: 'saved' });
    expect(await two.save(FOLDERS.base)).toMatchObject({ action: 'remote' });
  });

  it('go on without it, unless it is required', async () => {
    const one = await runner('127.0.0.1:9/team/images');
    const started = await one.stowage('build', FOLDERS.base, '--save');
    expect(started).toMatchObject({ code: 0 });
    expect(started.stderr.match(/going on without it/g)).toHaveLength(1);
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

        // The second machine: a clone without Nx's cache.
        const second = join(await temporaryFolder(), 'clone');
        await must('git', ['clone', '-q', one.root, second]);
        await must('cp', ['-al', join(one.root, 'node_modules'), second]);
        await rm(join(second, 'node_modules/.cache'), { recursive: true, force: true });
        // Newer versions of Nx keep the cache of all clones of a repository in one place.
        const own = { HOME: await temporaryFolder(), NX_CACHE_DIRECTORY: await temporaryFolder() };
        const env = { ...own, NX_DAEMON: 'false', CI: 'true', STOWAGE_SHARE: 'read' };
        const nx = (...args: string[]) =>
          must(join(second, 'node_modules/.bin/nx'), [...args, '--output-style=stream'], {
            cwd: second,
            env,
          });
        const loaded = await nx('run', `${TOP}:image-load`);
        expect(loaded).toContain(`${BASE}:latest is in the share`);
        expect(loaded).toContain(`${TOP}:latest is in the share`);
        expect(loaded).toContain('loaded in embedded');
        expect(await nx('run', `${TOP}:image-archive`)).toContain(`images/app/${TOP}.tar`);

        // A reader's build is not published: its archive is an output.
        await writeFile(join(second, FOLDERS.top, 'files/b'), 'changed\n');
        expect(await nx('run', `${TOP}:image-save`)).toContain(`saved ${TOP}:latest`);
        for (const folder of ['images', '.stowage'])
          await rm(join(second, folder), { recursive: true, force: true });
        const restored = await nx('run', `${TOP}:image-load`);
        expect(restored).toMatch(/local cache|existing outputs/);
        expect(restored).toContain('loaded in embedded');
      } finally {
        await one.remove();
      }
    },
  );
});
