import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { fillRegistry } from '../../../testing/fill-registry.js';
import { writeImage } from '../../../testing/image.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import { BASE, savePath, workspaceOf } from '../../../testing/workspace.js';
import { doneFile } from '../../registry/storage/registry-paths.js';
import { RegistryStore } from '../../registry/storage/registry-store.js';
import { list } from '../inspect/list.js';
import { registryFolder } from '../maintain/registry-folder.js';
import type { LifecycleEvent } from '../workspace/call.js';
import { openWorkspace } from '../workspace/workspace.js';
import { Retention, type RetentionOptions } from './retention.js';

const [HOUR, DAY] = [3_600_000, 86_400_000];
/** Fake timers advance by the interval at each try. */
const PATIENT = { interval: 1, timeout: 20_000 };
const RULES = { keepNewest: 1, unusedFor: '30d' };

/** A registry of two images in `a` that nobody has used for 40 days, and the notices of its retention. */
async function start(rules: RetentionOptions) {
  const { cwd, call } = await workspaceOf();
  const now = () => Date.now() + 40 * DAY;
  const workspace = await openWorkspace(cwd, { surroundings: { now } });
  const store = new RegistryStore(join(cwd, '.stowage/registry'));
  const content = new MemoryStore();
  for (const seed of ['1', '2']) await writeImage(content, `r.example/a:${seed}`, { seed });
  await fillRegistry(store, content);
  const said: string[] = [];
  const onEvent = (event: LifecycleEvent) => {
    if (event.type === 'notice') said.push(event.text.replace(/ 1 image,.*/s, ''));
  };
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  const retention = new Retention(workspace, { cwd, onEvent });
  retention.update(rules);
  return { workspace, call, said, retention, tags: () => store.tags('a') };
}

afterEach(() => void vi.useRealTimers());

it('tells at the start what it would delete, and deletes it an interval later', async () => {
  const { said, retention, tags } = await start({ ...RULES, every: '1d' });
  await vi.waitFor(() => expect(said).toEqual(['prune: would delete']), PATIENT);
  await vi.advanceTimersByTimeAsync(DAY / 2);
  expect(await tags()).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(DAY / 2);
  await vi.waitFor(() => expect(said).toEqual(['prune: would delete', 'prune: deleted']), PATIENT);
  expect(await tags()).toHaveLength(1);
  retention[Symbol.dispose]();
});

it('leaves archives of the workspace alone', async () => {
  const { workspace, call, said, retention } = await start({ ...RULES, every: '1m' });
  await savePath(workspace, BASE, call);
  await vi.waitFor(() => expect(said).toEqual(['prune: would delete']), PATIENT);
  await vi.advanceTimersByTimeAsync(60_000);
  await vi.waitFor(() => expect(said).toHaveLength(2), PATIENT);
  retention[Symbol.dispose]();
  expect(await list(workspace)).toHaveLength(1);
});

it('keeps its times over a restart and new rules, but a deletion that is due waits for an hour', async () => {
  const { workspace, call } = await workspaceOf();
  const begin = Date.parse('2026-01-01T00:00:00Z');
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
  await startAt(begin, rule);
  const done = doneFile(registryFolder(workspace, call), 'pruned');
  await utimes(done, begin / 1000, begin / 1000);
  expect(await startAt(begin + 10 * HOUR, rule, { ...rule, every: '12h' })).toEqual([
    `${nothing} 2026-01-02T00:00:00Z`,
    `${nothing} 2026-01-01T12:00:00Z`,
  ]);
  expect(await startAt(begin + 30 * HOUR, rule)).toEqual([`${nothing} 2026-01-02T07:00:00Z`]);
});

it('deletes nothing after it was disposed of', async () => {
  const { said, retention, tags } = await start({ ...RULES, every: '1d' });
  await vi.waitFor(() => expect(said).toHaveLength(1), PATIENT);
  retention[Symbol.dispose]();
  await vi.advanceTimersByTimeAsync(3 * DAY);
  expect(await tags()).toHaveLength(2);
});

it('refuses a wrong rule, and the rules before it stay', async () => {
  const { workspace, cwd } = await workspaceOf();
  const said: string[] = [];
  const onEvent = (event: LifecycleEvent) => void said.push(event.type);
  using retention = new Retention(workspace, { cwd, onEvent });
  const rules = { unusedFor: '30d' };
  retention.update(rules);
  await vi.waitFor(() => expect(said).toHaveLength(1), 20_000);
  for (const rule of [{ every: 'often' }, { unusedFor: 'x' }, { maxUsed: 'x' }])
    expect(() => retention.update(rule)).toThrow(/expected/);
  // Equal rules change nothing, so that nothing is told again.
  retention.update({ ...rules });
  expect(said).toHaveLength(1);
});
