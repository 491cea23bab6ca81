import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { fillRegistry } from '../../../testing/fill-registry.js';
import { writeImage } from '../../../testing/image.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import { BASE, savePath, workspaceOf } from '../../../testing/workspace.js';
import { RegistryStore } from '../../registry/storage/registry-store.js';
import { list } from '../inspect/list.js';
import type { LifecycleEvent } from '../workspace/call.js';
import { openWorkspace } from '../workspace/workspace.js';
import { startRetention, type RetentionOptions } from './retention.js';

const [HOUR, DAY] = [3_600_000, 86_400_000];
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
    if (event.type === 'notice') said.push(event.text.replace(/ 1 images.*/s, ''));
  };
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  const retention = startRetention(workspace, rules, { cwd, onEvent });
  return { workspace, call, said, retention, tags: () => store.tags('a') };
}

afterEach(() => void vi.useRealTimers());

it('tells at the start what it will delete, and deletes it an hour later', async () => {
  const { said, retention, tags } = await start({ ...RULES, every: '1d' });
  await vi.waitFor(() => expect(said).toEqual(['prune: will delete']), { interval: 1 });
  await vi.advanceTimersByTimeAsync(HOUR / 2);
  expect(await tags()).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(HOUR / 2);
  await vi.waitFor(() => expect(said).toEqual(['prune: will delete', 'prune: deleted']));
  expect(await tags()).toHaveLength(1);
  retention[Symbol.dispose]();
});

it('leaves archives of the workspace alone, and waits no longer than its interval', async () => {
  const { workspace, call, said, retention } = await start({ ...RULES, every: '1m' });
  await savePath(workspace, BASE, call);
  await vi.waitFor(() => expect(said).toEqual(['prune: will delete']), { interval: 1 });
  await vi.advanceTimersByTimeAsync(60_000);
  await vi.waitFor(() => expect(said).toHaveLength(2));
  retention[Symbol.dispose]();
  expect(await list(workspace)).toHaveLength(1);
});

it.each([
  ['after it was disposed of', '1d'],
  ['with an interval of 0', '0'],
])('deletes nothing %s', async (_, every) => {
  const { said, retention, tags } = await start({ ...RULES, every });
  await vi.waitFor(() => expect(said).toHaveLength(1), { interval: 1 });
  if (every !== '0') retention[Symbol.dispose]();
  await vi.advanceTimersByTimeAsync(3 * DAY);
  retention[Symbol.dispose]();
  expect(await tags()).toHaveLength(2);
});

it.each([{ every: 'often' }, { unusedFor: 'x' }, { maxUsed: 'x' }])(
  'refuses a wrong rule at the start: %j',
  async (rules) => {
    const { workspace, cwd } = await workspaceOf();
    expect(() => startRetention(workspace, rules, { cwd })).toThrow(/expected/);
  },
);
