import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ListEntry, PlannedJobs } from '@stowage/core';
import type { SyncResult } from '@stowage/core/registry';
import { expect, it } from 'vitest';
import { startRegistry } from './distribution-server.js';
import { faultyProxy } from './faulty-proxy.js';
import { ARCHIVE, createWorkspace, DEFINITION, NAME, put } from './fixture.js';
import { describeWith } from './peers.js';
import { PROGRAM, SCRIPT, json, must, stowage } from './run.js';

const OTHER = 'app-ubuntu-25.04-clang20';
const build = (cwd: string, definition: string) =>
  must(PROGRAM, [...SCRIPT, 'build', definition, '--save'], { cwd });

describeWith(['docker-registry', 'skopeo'], 'machines that share archives', () => {
  it('shares archives through one repository, copies only differences, and deletes everywhere', async () => {
    const { host, requests } = await faultyProxy(await startRegistry(), () => false, {});
    const repository = `${host}/ci`;
    const [one, two] = [await createWorkspace(), await createWorkspace()];
    await rm(join(two, 'apps'), { recursive: true });
    await put(
      one,
      'apps/app/images/ubuntu-25.04-clang20/image.yaml',
      `project: app\nos: ubuntu-25.04\nvariant: clang20\nbase: ${NAME}\ncopy: [{ from: x, to: /opt/x }]\nfacts: { tools: [ninja] }\n`,
    );
    await put(one, 'apps/app/images/ubuntu-25.04-clang20/x', 'x\n');
    for (const definition of [DEFINITION, 'apps/app/images/ubuntu-25.04-clang20'])
      await build(one, definition);
    const sync = async (cwd: string, ...args: readonly string[]) =>
      (await json<{ results: SyncResult[] }>(['sync', ...args], { cwd })).results;
    const actions = (results: readonly SyncResult[]) =>
      results.map(({ name, action }) => [name, action]);
    const sent = await sync(one, './images', repository);
    expect(actions(sent)).toEqual([
      [OTHER, 'sent'],
      [NAME, 'sent'],
    ]);
    // The tags are the names of the catalog, with the digests of the archives.
    const tags = async () => {
      const listed = ['list-tags', '--tls-verify=false', `docker://${repository}`];
      return (JSON.parse(await must('skopeo', listed)) as { Tags: string[] }).Tags.sort();
    };
    expect(await tags()).toEqual([OTHER, `${OTHER}.record`, NAME, `${NAME}.record`].sort());
    const raw = ['inspect', '--tls-verify=false', '--format', '{{.Digest}}'];
    const there = await must('skopeo', [...raw, `docker://${repository}:${NAME}`]);
    expect(there.trim()).toBe(sent.find(({ name }) => name === NAME)?.digest);
    requests.splice(0);
    expect(actions(await sync(one, './images', repository))).toEqual([
      [OTHER, 'same'],
      [NAME, 'same'],
    ]);
    // Requests only the tags and the digest of each record.
    expect(requests.filter((each) => each !== 'GET /v2/')).toHaveLength(3);
    // Another machine, which has only the settings.
    expect(actions(await sync(two, repository, './images'))).toEqual([
      [OTHER, 'received'],
      [NAME, 'received'],
    ]);
    const list = async (cwd: string) =>
      (await json<{ entries: ListEntry[] }>(['ls'], { cwd })).entries.map(
        ({ name, state, digest }) => [name, state, digest],
      );
    expect((await list(two)).sort()).toEqual((await list(one)).sort());
    expect((await stowage(['verify', ARCHIVE], { cwd: two })).code).toBe(0);
    const asked = ['plan', '--project', 'app', '--os', 'ubuntu-25.04', '--compiler', 'clang20'];
    const planned = await json<PlannedJobs>(asked, { cwd: two });
    expect(JSON.stringify(planned)).toContain(`${OTHER}.tar`);
    expect(actions(await sync(two, './images', repository))).toEqual([
      [OTHER, 'same'],
      [NAME, 'same'],
    ]);
    // One machine builds an image again; the other fetches only that one.
    await writeFile(join(one, DEFINITION, 'files/hello'), 'hello again\n');
    await build(one, DEFINITION);
    expect(actions(await sync(one, './images', repository))).toEqual([
      [OTHER, 'same'],
      [NAME, 'sent'],
    ]);
    expect(actions(await sync(two, repository, './images', '--dry-run'))).toEqual([
      [OTHER, 'same'],
      [NAME, 'received'],
    ]);
    expect(actions(await sync(two, repository, './images'))).toEqual([
      [OTHER, 'same'],
      [NAME, 'received'],
    ]);
    expect((await list(two)).sort()).toEqual((await list(one)).sort());
    // A mistyped name deletes nothing.
    const typo = ['sync', `${host}/cj`, './images', '--prune'];
    expect((await stowage(typo, { cwd: two })).code).toBe(3);
    // A deletion on one machine reaches all machines, except for pinned archives.
    await rm(join(one, `images/app/${OTHER}.image.json`));
    // An archive without a record is not sent, but counts as present.
    expect(actions(await sync(one, './images', repository, '--prune'))).toEqual([[NAME, 'same']]);
    await rm(join(one, `images/app/${OTHER}.tar`));
    expect(actions(await sync(one, './images', repository))).toEqual([[NAME, 'same']]);
    expect(actions(await sync(one, './images', repository, '--prune'))).toEqual([
      [OTHER, 'deleted'],
      [NAME, 'same'],
    ]);
    expect(await tags()).toEqual([NAME, `${NAME}.record`]);
    await put(two, 'stowage.yaml', `pins: ['*clang*']\n`);
    expect(actions(await sync(two, repository, './images', '--prune'))).toEqual([
      [OTHER, 'kept'],
      [NAME, 'same'],
    ]);
    await put(two, 'stowage.yaml', '');
    expect(actions(await sync(two, repository, './images', '--prune'))).toEqual([
      [OTHER, 'deleted'],
      [NAME, 'same'],
    ]);
    expect((await list(two)).map(([name]) => name)).toEqual([NAME]);
  });

  it.each([
    [['./images', './other'], 'both are folders'],
    [['registry.example.com/a', 'registry.example.com/b', '--prune'], 'two registries'],
    [['./images', 'registry.example.com/ci:1'], 'HOST\\[:PORT\\]/REPOSITORY'],
  ])('refuses %j', async (args, said) => {
    const { code, stderr } = await stowage(['sync', ...args], { cwd: await createWorkspace() });
    expect([code, stderr]).toEqual([2, expect.stringMatching(said)]);
  });
});
