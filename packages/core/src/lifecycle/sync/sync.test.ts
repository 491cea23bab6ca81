import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { servedRegistry } from '../../../testing/served-registry.js';
import { BASE, HEAD, NAME, savePath, workspaceOf } from '../../../testing/workspace.js';
import { list } from '../inspect/list.js';
import { archiveOf } from '../workspace/workspace.js';
import { sync, type SyncOptions } from './sync.js';

const OTHER = 'app-debian-12-other';
const FILES = {
  'apps/app/images/other/image.yaml': `${HEAD.replace('base', 'other')}copy: [{ from: files, to: /opt }]\n`,
  'apps/app/images/other/files/b': 'b\n',
};

/** A machine that shares its archives through the repository `ci` of a registry. */
async function machine(host: string, settings = '') {
  const made = await workspaceOf({ ...FILES, 'stowage.yaml': settings });
  const { workspace, call } = made;
  const run = (from: string, to: string, options: Partial<SyncOptions> = {}) =>
    sync(workspace, from, to, { ...call, ...options });
  return {
    ...made,
    run,
    save: (path = BASE) => savePath(workspace, path, call),
    send: (options = {}) => run('./images', `${host}/ci`, options),
    receive: (options = {}) => run(`${host}/ci`, './images', options),
  };
}

async function start(settings = '') {
  const served = await servedRegistry();
  return { ...served, one: await machine(served.host), two: await machine(served.host, settings) };
}

const actions = (results: Awaited<ReturnType<typeof sync>>) =>
  results.map(({ name, action }) => `${action} ${name}`);

describe('archives of a folder', () => {
  it('reach another machine with their records, and only once', async () => {
    const { one, two } = await start();
    const { digest } = await one.save();
    const [sent] = await one.send();
    expect(sent).toMatchObject({ name: NAME, action: 'sent', digest });
    expect(sent?.bytes).toBeGreaterThan(0);
    expect(await two.receive()).toMatchObject([{ name: NAME, action: 'received', digest }]);
    expect(await list(two.workspace)).toMatchObject([{ name: NAME, digest, state: 'ok' }]);
    const same = [{ action: 'same', bytes: 0 }];
    expect(await one.send()).toMatchObject(same);
    expect(await two.receive()).toMatchObject(same);
  });

  it('are sent again when they changed, and only then', async () => {
    const { one } = await start();
    await one.save();
    await one.save('apps/app/images/other');
    await one.send();
    await writeFile(join(one.cwd, BASE, 'files/a'), 'changed\n');
    await one.save();
    expect(actions(await one.send())).toEqual([`sent ${NAME}`, `same ${OTHER}`]);
  });

  it('are left out while they do not match their records', async () => {
    const { one } = await start();
    await one.save();
    await writeFile(archiveOf(one.workspace, NAME), 'another');
    expect(await one.send()).toEqual([]);
  });

  it('are neither sent nor received in a dry run', async () => {
    const { one, two, requests } = await start();
    await one.save();
    requests.length = 0;
    expect(actions(await one.send({ dryRun: true }))).toEqual([`sent ${NAME}`]);
    expect(requests.filter((each) => !/^(?:GET|HEAD) /.test(each))).toEqual([]);
    await one.send();
    expect(actions(await two.receive({ dryRun: true }))).toEqual([`received ${NAME}`]);
    expect(await readdir(two.cwd)).not.toContain('images');
  });
});

describe('images that the source lacks', () => {
  it('stay at the destination', async () => {
    const { one, two } = await start();
    await one.save();
    await one.send();
    await two.save('apps/app/images/other');
    expect(actions(await two.send())).toEqual([`sent ${OTHER}`]);
    expect(actions(await one.receive())).toEqual([`same ${NAME}`, `received ${OTHER}`]);
  });

  it('are deleted there with `prune`, in the registry', async () => {
    const { one, ask } = await start();
    await one.save();
    await one.save('apps/app/images/other');
    await one.send();
    await rm(join(one.cwd, 'images/app', `${OTHER}.tar`));
    await rm(join(one.cwd, 'images/app', `${OTHER}.image.json`));
    expect(actions(await one.send({ prune: true }))).toEqual([`same ${NAME}`, `deleted ${OTHER}`]);
    const { tags } = (await (await ask('GET', '/v2/ci/tags/list')).json()) as { tags: string[] };
    expect(tags.sort()).toEqual([NAME, `${NAME}.record`]);
  });

  it.each([
    ['', `deleted ${OTHER}`],
    ['pins: ["*-other"]\n', `kept ${OTHER}`],
  ])(
    'are deleted there with `prune`, in a folder, unless pinned: %j',
    async (settings, expected) => {
      const { one, two } = await start(settings);
      await one.save();
      await one.send();
      await two.save('apps/app/images/other');
      expect(actions(await two.receive({ prune: true }))).toEqual([`received ${NAME}`, expected]);
      expect((await list(two.workspace)).length).toBe(settings === '' ? 1 : 2);
    },
  );

  it('are not deleted when the source has nothing at all: its name may be wrong', async () => {
    const { one, two } = await start();
    await two.save();
    await expect(one.receive({ prune: true })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(two.receive({ prune: true })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await list(two.workspace)).toHaveLength(1);
  });
});

describe('what is synchronised', () => {
  it('are a folder and a repository, or two registries', async () => {
    const { one, host } = await start();
    for (const [from, to, options] of [
      ['./images', './other', {}],
      ['./images', `${host}/ci:1`, {}],
      ['./images', 'ci', {}],
      ['./images', `${host}/ci`, { tags: ['1'] }],
      [host, `${host}/x`, { prune: true }],
    ] as const)
      await expect(one.run(from, to, options)).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('of two registries are their repositories', async () => {
    const { one, host, pushImage } = await start();
    await pushImage('team/app', '1', 'layer');
    const other = await servedRegistry();
    expect(await one.run(`http://${host}/team`, `http://${other.host}/copy`)).toMatchObject([
      { action: 'sent', name: expect.stringContaining('/copy/app:1') as string },
    ]);
  });
});
