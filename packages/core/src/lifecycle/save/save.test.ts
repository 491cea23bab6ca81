import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeWith } from '../../../testing/image.js';
import { NAME, workspaceOf } from '../../../testing/workspace.js';
import { ensureInEngine } from '../../build/put-into.js';
import { EmbeddedEngine } from '../../engine/embedded.js';
import { inspect } from '../inspect/inspect.js';
import { list } from '../inspect/list.js';
import { verify } from '../inspect/verify.js';
import { save, type SaveOptions } from './save.js';

const OTHER = 'app-debian-12-other';

/** A workspace whose store has an image under two conventional names and one that is not. */
async function start() {
  const { workspace, call, cwd } = await workspaceOf();
  const store = new EmbeddedEngine(join(cwd, '.stowage/store'), workspace.surroundings);
  for (const name of [NAME, OTHER, 'whatever'])
    await ensureInEngine(
      store,
      await storeWith(`${name}:latest`, { seed: name }),
      `${name}:latest`,
    );
  const saveThem = (names: readonly string[], options: Partial<SaveOptions> = {}) =>
    save(workspace, names, { ...call, ...options });
  return { workspace, call, cwd, store, save: saveThem };
}

describe('an image that is saved by its name', () => {
  it('has an archive, a record and an entry in the catalog', async () => {
    const { save, workspace, call, cwd } = await start();
    const archive = join(cwd, 'images/app', `${NAME}.tar`);
    const [saved] = await save([NAME]);
    expect(saved).toEqual({
      ...{ reference: `docker.io/library/${NAME}:latest`, archive, action: 'saved' },
      record: archive.replace(/tar$/, 'image.json'),
      digest: saved?.digest,
      size: (await stat(archive)).size,
    });
    expect(await list(workspace)).toMatchObject([{ name: NAME, digest: saved?.digest }]);
    expect(await verify(workspace, [archive], call)).toMatchObject([{ ok: true }]);
  });

  it('is not saved again while the archive has that image', async () => {
    const { save, store } = await start();
    const [first] = await save([NAME]);
    expect(await save([NAME])).toEqual([{ ...first, action: 'skipped' }]);
    await ensureInEngine(store, await storeWith(`${NAME}:latest`, { seed: 'new' }), NAME);
    const [again] = await save([NAME]);
    expect(again?.action).toBe('saved');
    expect(again?.digest).not.toBe(first?.digest);
  });

  it('needs a conventional name, or an output', async () => {
    const { save, cwd } = await start();
    await expect(save(['whatever'])).rejects.toMatchObject({
      code: 'NAMING',
      hint: expect.stringContaining('output') as string,
    });
    expect(await readdir(cwd)).not.toContain('images');
    expect(await save(['whatever'], { output: 'x.tar' })).toHaveLength(1);
  });

  it('is written only if all the others are there, too', async () => {
    const { save, cwd } = await start();
    const names = [NAME, 'app-debian-12-absent'];
    await expect(save(names)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await readdir(cwd)).not.toContain('images');
  });
});

describe('images that are saved into one file', () => {
  it('are all there, without record and entry', async () => {
    const { save, workspace, call, cwd } = await start();
    const output = join(cwd, 'all.tar');
    const saved = await save([NAME, OTHER], { output: 'all.tar' });
    const { size } = await stat(output);
    expect(saved).toMatchObject([
      { archive: output, size, action: 'saved' },
      { archive: output, size, action: 'saved' },
    ]);
    expect((await inspect(workspace, './all.tar', call)).images).toHaveLength(2);
    expect(await list(workspace)).toEqual([]);
  });
});

it.each([{}, { output: 'all.tar' }])('a dry run writes nothing: %j', async (options) => {
  const { save, cwd } = await start();
  expect(await save([NAME], { ...options, dryRun: true })).toMatchObject([
    { action: 'saved', digest: null, size: null },
  ]);
  const after = await readdir(cwd, { recursive: true });
  expect(after.filter((path) => path.endsWith('.tar'))).toEqual([]);
});
