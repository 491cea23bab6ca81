import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeWith } from '../testing/image.js';
import type { MemoryStore } from '../testing/memory-store.js';
import { BASE, NAME, savePath, workspaceOf } from '../testing/workspace.js';
import { ArchiveWriter } from './archive/archive-writer.js';
import { recordPath } from './catalog/commit.js';
import { writeAtomically } from './disk/atomic-write.js';
import type { Engine } from './engine/engine.js';
import { archiveOf } from './lifecycle/workspace/workspace.js';
import { openLocation, type OpenOptions } from './open.js';
import { LayoutSink } from './store/layout-sink.js';
import { copy, oneChunk } from './transfer/copy.js';

async function opening() {
  const { workspace, call, cwd } = await workspaceOf();
  const { digest } = await savePath(workspace, BASE, call);
  const { place, surroundings } = workspace;
  const engine = (): Promise<Engine> => expect.unreachable();
  const open = (text: string, more: Partial<OpenOptions> = {}) =>
    openLocation(text, { place, surroundings, cwd, engine, ...more });
  return { open, cwd, digest, path: archiveOf(workspace, NAME) };
}

async function writeArchive(path: string, content: MemoryStore): Promise<void> {
  await using writer = new ArchiveWriter(path, (bytes) => writeAtomically(path, bytes));
  await copy(content, undefined, writer);
  await writer.commit();
}

describe('a location', () => {
  it('that is a name, or the path of its archive, has the record', async () => {
    const { open, path, digest } = await opening();
    for (const text of [NAME, path]) {
      const { source, record, kind, ...opened } = await open(text);
      await using _ = source;
      expect([record?.digest, kind, opened.path]).toEqual([digest, 'hybrid-archive', path]);
    }
  });

  it('that is an unknown name is NOT_FOUND, with the nearest one', async () => {
    const { open } = await opening();
    await expect(open('app-debian-12-bose')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: expect.stringContaining(NAME) as string,
    });
    await expect(open('Whatever')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: expect.stringContaining('docker://Whatever') as string,
    });
  });

  it('that is a folder is a layout', async () => {
    const { open, cwd } = await opening();
    const sink = new LayoutSink(join(cwd, 'layout'));
    await copy(await storeWith('app:1'), 'app:1', sink);
    await sink.commit();
    const { source, kind } = await open('./layout');
    await using layout = source;
    expect([kind, (await layout.resolve()).reference]).toEqual([
      'layout',
      'docker.io/library/app:1',
    ]);
  });

  it('that is standard input is read from there, if it is given', async () => {
    const { open, path } = await opening();
    await expect(open('-')).rejects.toMatchObject({ code: 'USAGE' });
    const bytes = await readFile(path);
    const { source, kind } = await open('-', { stdin: () => oneChunk(bytes) });
    await using _ = source;
    expect(kind).toBe('hybrid-archive');
  });

  it('of the store names one of its images', async () => {
    const { open } = await opening();
    const { source, reference, kind } = await open('store:app:1');
    await using _ = source;
    expect([kind, reference]).toEqual(['store', 'app:1']);
  });
});

describe('an archive with a record', () => {
  it('of another image is CORRUPT', async () => {
    const { open, path } = await opening();
    await writeArchive(path, await storeWith('other:1'));
    await expect(open(path)).rejects.toMatchObject({ code: 'CORRUPT', location: path });
    await rm(recordPath(path));
    await using _ = (await open(path)).source;
  });

  it('whose commit stopped is completed when it is opened', async () => {
    const { open, path, digest } = await opening();
    await rename(recordPath(path), `${recordPath(path)}.partial`);
    const { source, record } = await open(path);
    await using _ = source;
    expect(record?.digest).toBe(digest);
  });

  it('outside of the catalog is not touched', async () => {
    const { open, path, cwd } = await opening();
    const other = join(cwd, 'elsewhere/x.tar');
    await mkdir(dirname(other));
    await writeFile(other, await readFile(path));
    await writeFile(`${recordPath(other)}.partial`, 'cut');
    await using _ = (await open(other)).source;
    expect(await readFile(`${recordPath(other)}.partial`, 'utf8')).toBe('cut');
  });
});

it('closes a delta and its base when the publishers of foreign layers cannot be connected to', async () => {
  const { workspace, cwd } = await workspaceOf();
  const closed: string[] = [];
  const engine = async () =>
    ({
      source: async (name: string) => {
        const store = await storeWith(name);
        store[Symbol.asyncDispose] = async () => void closed.push(name);
        return store;
      },
    }) as unknown as Engine;
  const registry = {
    get caFile(): string {
      throw new Error('no options');
    },
  };
  const { place, surroundings } = workspace;
  const options = { place, surroundings, cwd, engine, registry };
  const base = 'docker-daemon:base:1';
  const opening = openLocation('docker-daemon:delta:1', { ...options, base, foreignLayers: true });
  await expect(opening).rejects.toThrow('no options');
  expect(closed.sort()).toEqual(['base:1', 'delta:1']);
});
