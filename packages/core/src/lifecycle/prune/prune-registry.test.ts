import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { BASE, savePath, workspaceOf } from '../../../testing/workspace.js';
import { describe as descriptorOf, type Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { MediaType } from '../../oci/media-types.js';
import { doneFile } from '../../registry/storage/registry-paths.js';
import { RegistryStore } from '../../registry/storage/registry-store.js';
import { oneChunk } from '../../transfer/copy.js';
import { readAll } from '../../transfer/verified.js';
import { list } from '../inspect/list.js';
import { registryFolder } from '../maintain/registry-folder.js';
import { Retention, type RetentionOptions } from '../serve/retention.js';
import type { LifecycleEvent } from '../workspace/call.js';
import { prune } from './prune.js';

const DAY = 86_400_000;

/** A registry in a workspace, with functions that push to it. */
async function registry() {
  const { workspace, call, cwd } = await workspaceOf();
  const root = join(cwd, '.stowage/registry');
  const store = new RegistryStore(root);
  const blob = async (repository: string, text: string): Promise<Descriptor> => {
    const bytes = Buffer.from(text.repeat(2000));
    const descriptor = descriptorOf('text/plain', bytes);
    const id = await store.uploads.start(repository);
    await store.uploads.append(repository, id, oneChunk(bytes));
    await store.uploads.finish(repository, id, descriptor.digest);
    return descriptor;
  };
  const manifest = async (
    repository: string,
    children: readonly Descriptor[],
    { tag, subject }: { readonly tag?: string; readonly subject?: Digest } = {},
  ): Promise<Descriptor> => {
    const bytes = Buffer.from(JSON.stringify({ children, subject }));
    const descriptor = descriptorOf(MediaType.manifest, bytes);
    await store.putManifest(
      repository,
      { descriptor, subject, children: children.map(({ digest }) => digest), bytes },
      tag === undefined ? [] : [tag],
    );
    return descriptor;
  };
  /** Sets the last use of everything in a repository to this many days ago. */
  const age = async (repository: string, days: number) => {
    const then = new Date(Date.now() - days * DAY);
    const folders = [
      ...['_blobs', '_manifests'].map((kind) => join(root, 'repositories', repository, kind)),
      join(root, 'blobs/sha256'),
    ];
    for (const folder of folders)
      for (const name of await readdir(folder)) await utimes(join(folder, name), then, then);
  };
  const blobs = async () => (await readdir(join(root, 'blobs/sha256'))).length;
  return { workspace, call, root, store, blob, manifest, age, blobs };
}

it('deletes images of a registry by the rules, with their platforms and referrers, and frees their content', async () => {
  const { workspace, call, store, blob, manifest, age, blobs } = await registry();
  const shared = await blob('team/app', 'shared');
  const own = await blob('team/app', 'own');
  const platform = await manifest('team/app', [shared, own]);
  const old = await manifest('team/app', [platform], { tag: 'old' });
  await manifest('team/app', [await blob('team/app', 'signature')], { subject: old.digest });
  await age('team/app', 40);
  const kept = await manifest('team/app', [shared], { tag: 'new' });
  await blob('team/app', 'for an image that is on its way');
  const options = { ...call, keepNewest: { name: 1 }, unusedFor: '30d' };
  const plan = await prune(workspace, { ...options, dryRun: true });
  expect(plan.decisions).toMatchObject([
    { kind: 'registry', path: 'team/app:new', action: 'keep', rule: 'in-use' },
    { kind: 'registry', path: 'team/app:old', action: 'delete', rule: 'unused-for' },
  ]);
  expect(await store.tags('team/app')).toEqual(['new', 'old']);
  const done = await prune(workspace, options);
  expect(done).toEqual(plan);
  expect(done.freedBytes).toBeGreaterThan(2000 * 'ownsignature'.length);
  expect(await store.tags('team/app')).toEqual(['new']);
  for (const gone of [old, platform])
    expect(await store.manifest('team/app', gone.digest)).toBeUndefined();
  // The newest image, its layer, and the blob of an unfinished push.
  expect(await blobs()).toBe(3);
  await readAll(store.read('team/app', (await store.blob('team/app', shared.digest)) ?? kept));
});

it('keeps a tagged platform when its index is deleted', async () => {
  const { workspace, call, store, blob, manifest, age } = await registry();
  const platform = await manifest('team/app', [await blob('team/app', 'own')], { tag: 'amd64' });
  await manifest('team/app', [platform], { tag: 'all' });
  await age('team/app', 40);
  // The newer of the two, so the rules keep it.
  const link = `_manifests/${platform.digest.replace(':', '-')}`;
  const day = new Date(Date.now() - DAY);
  await utimes(join(store.location, 'repositories/team/app', link), day, day);
  const options = { ...call, keepNewest: { name: 1 }, unusedFor: '30d' };
  const { decisions } = await prune(workspace, options);
  expect(decisions).toMatchObject([
    { path: 'team/app:amd64', action: 'keep' },
    { path: 'team/app:all', action: 'delete' },
  ]);
  expect(await store.tags('team/app')).toEqual(['amd64']);
  expect(await store.manifest('team/app', platform.digest)).toBeDefined();
});

it('never deletes the newest image of a repository or a pinned one, and deletes unreferenced blobs', async () => {
  const { workspace, call, blob, manifest, age, blobs } = await registry();
  for (const name of ['team/app', 'team/pinned', 'team/kept'])
    for (const tag of ['1', '2'])
      await manifest(name, [await blob(name, `${name} ${tag}`)], { tag });
  await blob('team/app', 'given up');
  for (const name of ['team/app', 'team/pinned', 'team/kept']) await age(name, 40);
  const options = { ...call, maxUsed: '1B', keep: ['*/pinned'], minAge: '1d' };
  const { decisions, shortfallBytes } = await prune(workspace, options);
  const went = decisions.filter(({ action }) => action === 'delete');
  expect(went.map(({ kind }) => kind).sort()).toEqual(['leftover', 'registry', 'registry']);
  expect(shortfallBytes).toBeGreaterThan(0);
  // Two pinned images and one of each other repository, each with its layer.
  expect(await blobs()).toBe(8);
});

it('plans nothing when there is no registry', async () => {
  const { workspace, call } = await workspaceOf();
  expect((await prune(workspace, { ...call, root: 'elsewhere' })).decisions).toEqual([]);
});

it('is done while a registry runs: it tells first, and leaves archives and the store alone', async () => {
  const { workspace, call, blob, manifest, age, store } = await registry();
  await savePath(workspace, BASE, call);
  await manifest('a', [await blob('a', 'old')], { tag: 'old' });
  await age('a', 40);
  await manifest('a', [await blob('a', 'new')], { tag: 'new' });
  const said: string[] = [];
  const onEvent = (event: LifecycleEvent) => {
    if (event.type === 'notice')
      said.push(event.text.replace(/[0-9]+ bytes/, 'N bytes').replace(/at \d{4}-\S+Z$/, 'at TIME'));
  };
  const rules = { every: '50ms', keepNewest: 1, unusedFor: '30d' };
  using retention = new Retention(workspace, { cwd: call.cwd, onEvent });
  retention.update(rules);
  await vi.waitFor(() => expect(said).toHaveLength(2), 20_000);
  expect(said).toEqual([
    'prune: would delete 1 image, N bytes: a:old; the next deletion is at TIME',
    'prune: deleted 1 image, N bytes: a:old',
  ]);
  expect(await store.tags('a')).toEqual(['new']);
  expect(await list(workspace)).toHaveLength(1);
});

it('keeps its times over a restart and new rules, but a deletion that is due waits for an hour', async () => {
  const { workspace, call } = await registry();
  const start = Date.parse('2026-01-01T00:00:00Z');
  const hours = 3_600_000;
  const startAt = async (time: number, ...rules: readonly RetentionOptions[]) => {
    const said: string[] = [];
    const onEvent = (event: LifecycleEvent) => {
      if (event.type === 'notice') said.push(event.text);
    };
    const surroundings = { ...workspace.surroundings, now: () => time };
    using retention = new Retention({ ...workspace, surroundings }, { cwd: call.cwd, onEvent });
    for (const [at, rule] of rules.entries()) {
      retention.update(rule);
      await vi.waitFor(() => expect(said).toHaveLength(at + 1), 20_000);
    }
    return said;
  };
  const rule = { every: '1d', unusedFor: '30d' };
  const nothing = 'prune: would delete nothing now; the next deletion is at';
  await startAt(start, rule);
  const done = doneFile(registryFolder(workspace, call), 'pruned');
  await utimes(done, start / 1000, start / 1000);
  expect(await startAt(start + 10 * hours, rule, { ...rule, every: '12h' })).toEqual([
    `${nothing} 2026-01-02T00:00:00Z`,
    `${nothing} 2026-01-01T12:00:00Z`,
  ]);
  expect(await startAt(start + 30 * hours, rule)).toEqual([`${nothing} 2026-01-02T07:00:00Z`]);
});

it('a wrong rule is refused, and the rules before it stay', async () => {
  const { workspace, call } = await registry();
  const said: string[] = [];
  const onEvent = (event: LifecycleEvent) => void said.push(event.type);
  using retention = new Retention(workspace, { cwd: call.cwd, onEvent });
  const rules = { unusedFor: '30d' };
  retention.update(rules);
  await vi.waitFor(() => expect(said).toHaveLength(1), 20_000);
  for (const rule of [{ every: 'often' }, { unusedFor: 'x' }, { maxUsed: 'x' }])
    expect(() => retention.update(rule)).toThrow(/expected/);
  // Equal rules change nothing, so that nothing is told again.
  retention.update({ ...rules });
  expect(said).toHaveLength(1);
});
