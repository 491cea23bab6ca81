import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeWith } from '../../../testing/image.js';
import { BASE, NAME, savePath, workspaceOf } from '../../../testing/workspace.js';
import { ensureInEngine } from '../../build/put-into.js';
import { EmbeddedEngine } from '../../engine/embedded.js';
import { load } from '../load/load.js';
import { openWorkspace } from '../workspace/workspace.js';
import type { InventoryOptions } from './prunable.js';
import { listInventory } from './prune-items.js';

const CATALOG = 'images/image-registry.yml';
const REFERENCE = `docker.io/library/${NAME}:latest`;

/** A workspace with one saved image, which can be loaded into the store and into another engine. */
async function start(settings = '') {
  const made = await workspaceOf({ 'stowage.yaml': settings });
  const { cwd, call } = made;
  const saved = await savePath(made.workspace, BASE, call);
  const { surroundings } = made.workspace;
  const store = new EmbeddedEngine(join(cwd, '.stowage/store'), surroundings);
  const engine = new EmbeddedEngine(join(cwd, 'engine'), surroundings);
  const items = async (options: Partial<InventoryOptions> = {}) => {
    const workspace = await openWorkspace(cwd, { surroundings });
    const { items: found, held } = await listInventory(workspace, {
      ...{ store, registryRoot: join(cwd, 'registry'), inUse: new Set(), keep: [] },
      ...{ retention: new Map(), now: Date.now(), ...options },
    });
    return { found, held, kinds: found.map(({ kind, path }) => `${kind} ${path}`) };
  };
  const setEntry = (entry: string) =>
    writeFile(join(cwd, CATALOG), `images:\n  - { name: ${NAME}, ${entry} }\n`);
  return { ...made, digest: saved.digest, store, engine, items, setEntry };
}

describe('an archive', () => {
  it('is an item with its size, its digest and its record to delete', async () => {
    const { cwd, digest, items } = await start();
    const { found } = await items();
    const path = join(cwd, 'images/app', NAME);
    expect(found).toMatchObject([
      {
        ...{ name: NAME, path: `app/${NAME}.tar`, kind: 'archive', project: 'app' },
        ...{ os: 'debian-12', digest, pinned: false, inUse: false },
        targets: [`${path}.tar`, `${path}.image.json`],
      },
    ]);
    for (const { bytes } of found[0]?.contents ?? []) expect(bytes).toBeGreaterThan(0);
  });

  it.each<[string, string, string, Partial<InventoryOptions>]>([
    ['the settings', 'pins: ["app-*"]\n', '', {}],
    ['the catalog', '', 'pinned: true', {}],
    ['an option', '', '', { keep: ['*-base'] }],
    ['its definition', '', '', { retention: new Map([[NAME, { pinned: true }]]) }],
  ])('is pinned by %s', async (_, settings, entry, options) => {
    const { items, setEntry } = await start(settings);
    if (entry !== '') await setEntry(`file: app/${NAME}.tar, ${entry}`);
    expect((await items(options)).found).toMatchObject([{ pinned: true }]);
  });

  it('is pinned when an entry for it cannot be read', async () => {
    const { items, cwd } = await start();
    const entries = [`name: ${NAME}`, 'name: 7'].map(
      (name) => `  - { ${name}, file: app/${NAME}.tar }\n`,
    );
    await writeFile(join(cwd, CATALOG), `images:\n${entries.join('')}`);
    expect((await items()).found).toMatchObject([{ pinned: true }]);
  });

  it('is in use when a container uses its image', async () => {
    const { items, digest } = await start();
    const inUse = new Set(digest === null ? [] : [digest]);
    expect((await items({ inUse })).found).toMatchObject([{ inUse: true }]);
  });

  it.each(['../outside.tar', 'app/absent.tar'])('is no item at %s', async (file) => {
    const { items, setEntry, cwd } = await start();
    await writeFile(join(cwd, 'outside.tar'), 'x');
    await rm(join(cwd, 'images/app'), { recursive: true });
    await setEntry(`file: ${file}`);
    expect((await items()).found).toEqual([]);
  });
});

describe('an image of the store', () => {
  it('is an item; as a copy of an archive it has its pin', async () => {
    const { workspace, call, items, store } = await start('pins: ["app-*"]\n');
    await load(workspace, [NAME], call);
    await ensureInEngine(store, await storeWith('other:1'), 'other:1');
    const { found, kinds } = await items();
    expect(kinds.slice(1).sort()).toEqual([
      `store store:${REFERENCE}`,
      'store store:docker.io/library/other:1',
    ]);
    const copy = found.find(({ path }) => path === `store:${REFERENCE}`);
    expect(copy).toMatchObject({ isCopy: true, pinned: true, targets: [REFERENCE] });
  });

  it('that came a moment ago is not deleted yet', async () => {
    const { items, store } = await start();
    await ensureInEngine(store, await storeWith('other:1'), 'other:1');
    const other = async (now: number) =>
      (await items({ now })).found.find(({ kind }) => kind === 'store')?.rules;
    expect(await other(Date.now())).toMatchObject({ minAge: expect.any(Number) as number });
    expect(await other(Date.now() + 86_400_000 * 30)).toEqual({});
  });
});

describe('an image of an engine', () => {
  it('is an item if it is a copy of an archive; content of others is held', async () => {
    const { engine, items, workspace, call, store } = await start();
    await load(workspace, [NAME], call);
    await using source = await store.source();
    await ensureInEngine(engine, source, REFERENCE);
    await ensureInEngine(engine, await storeWith('other:1'), 'other:1');
    const { found, held } = await items({ engine });
    expect(found.filter(({ kind }) => kind === 'engine')).toMatchObject([{ name: NAME }]);
    expect(held.size).toBeGreaterThan(0);
  });

  it('is pinned by the label of its engine', async () => {
    const { engine, items, workspace, call, store } = await start();
    await load(workspace, [NAME], { ...call, engine: 'embedded' });
    await using source = await store.source();
    await ensureInEngine(engine, source, REFERENCE);
    const list = engine.list.bind(engine);
    engine.list = async () => (await list()).map((each) => ({ ...each, pinnedBy: 'label' }));
    const { found } = await items({ engine });
    expect(found.filter(({ kind }) => kind === 'engine')).toMatchObject([{ pinnedBy: 'label' }]);
  });

  it('is held if somebody gave it another name', async () => {
    const { engine, items, workspace, call, store } = await start();
    await load(workspace, [NAME], call);
    await using source = await store.source();
    await ensureInEngine(engine, source, REFERENCE);
    await engine.tag(REFERENCE, 'mine:1');
    const { found } = await items({ engine });
    expect(found.filter(({ kind }) => kind === 'engine')).toEqual([]);
  });
});
