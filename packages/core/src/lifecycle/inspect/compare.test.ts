import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeArchiveOf } from '../../../testing/archive.js';
import { storeWith, writeImage } from '../../../testing/image.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import { servedRegistry } from '../../../testing/served-registry.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { push } from '../push/push.js';
import { compare } from './compare.js';

/** Archives `before.tar` of `one` and `two`, and `after.tar` of another `one`, the same `two`, and `three`. */
async function start() {
  const { workspace, call, cwd } = await workspaceOf();
  const image = (name: string, seed = name) =>
    storeWith(`team/${name}:1`, { seed, layers: 1, bytes: 10 });
  const two = await image('two');
  await writeArchiveOf(join(cwd, 'before.tar'), await image('one'), two, await image('gone'));
  await writeArchiveOf(join(cwd, 'after.tar'), await image('one', 'x'), two, await image('three'));
  const names = async (before: string, after: string) => {
    const { added, changed, gone, same } = await compare(workspace, [before, after], call);
    return [added, changed, gone, same].map((each) => each.map(({ name }) => name));
  };
  return { workspace, call, cwd, names };
}

describe('images are compared', () => {
  it('by name and digest', async () => {
    const { workspace, call, names } = await start();
    expect(await names('before.tar', 'after.tar')).toEqual([
      ...[['team/three:1'], ['team/one:1'], ['team/gone:1'], ['team/two:1']],
    ]);
    const { changed } = await compare(workspace, ['before.tar', 'after.tar'], call);
    expect(changed[0]?.before).not.toBe(changed[0]?.after);
  });

  it('by repository and tag with a registry', async () => {
    const { workspace, call, names } = await start();
    const { host } = await servedRegistry();
    await push(workspace, ['before.tar'], { ...call, to: host });
    expect(await names('before.tar', `docker://${host}/team/two`)).toEqual([
      ...[[], [], ['team/gone:1', 'team/one:1'], ['team/two:1']],
    ]);
  });

  it('by tag between two repositories', async () => {
    const { workspace, call, names } = await start();
    const { host } = await servedRegistry();
    await push(workspace, ['before.tar'], { ...call, to: host });
    await push(workspace, ['after.tar'], { ...call, to: `${host}/new` });
    const [one, other] = [`docker://${host}/team/one`, `docker://${host}/new/team/one`];
    expect(await names(one, other)).toEqual([[], ['1'], [], []]);
    expect(await names(one, one)).toEqual([[], [], [], ['1']]);
    expect(await names(`${one}:1`, `${other}:1`)).toEqual([[], ['1'], [], []]);
  });

  it('by digest where they have no name', async () => {
    const { cwd, names } = await start();
    const store = new MemoryStore();
    const { digest } = await writeImage(store, undefined);
    await writeArchiveOf(join(cwd, 'unnamed.tar'), store);
    expect(await names('unnamed.tar', 'unnamed.tar')).toEqual([[], [], [], [digest]]);
  });

  it('of all archives in a folder together', async () => {
    const { cwd, names } = await start();
    await mkdir(join(cwd, 'folder'));
    for (const name of ['one', 'two'])
      await writeArchiveOf(join(cwd, `folder/${name}.tar`), await storeWith(`${name}:1`));
    expect(await names('folder', 'folder/one.tar')).toEqual([[], [], ['two:1'], ['one:1']]);
  });
});

it('a side that is not there is NOT_FOUND', async () => {
  const { names } = await start();
  await expect(names('before.tar', 'absent.tar')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
