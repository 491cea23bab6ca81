import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeArchiveOf } from '../../../testing/archive.js';
import { storeWith } from '../../../testing/image.js';
import { servedRegistry } from '../../../testing/served-registry.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { inspect } from '../inspect/inspect.js';
import { copyImages, type CopyImagesOptions } from './copy-images.js';

/** A workspace with `one.tar`, `two.tar` (another image of the same name) and `both.tar` (with `three:1`). */
async function start() {
  const { workspace, call, cwd, events } = await workspaceOf();
  const image = (name: string, seed: string) => storeWith(name, { seed, layers: 1, bytes: 10 });
  const [one, two] = [await image('app:1', 'one'), await image('app:1', 'two')];
  const third = await image('three:1', 'three');
  for (const [name, ...stores] of [
    ['one', one],
    ['two', two],
    ['both', one, third],
  ] as const)
    await writeArchiveOf(join(cwd, `${name}.tar`), ...stores);
  const copy = (
    from: string | readonly string[],
    to: string,
    options: Partial<CopyImagesOptions> = {},
  ) =>
    copyImages(workspace, from, to, {
      ...{ ...call, ...options },
      stdout: () => Promise.reject(new Error('to a file')),
    });
  const digestsAt = async (location: string) =>
    (await inspect(workspace, location, call)).images.map(({ digest }) => digest);
  return { workspace, call, cwd, events, copy, digestsAt, one };
}

describe('a copy', () => {
  it.each(['out.tar', 'oci:layout', 'store:app:1'])(
    'to %s keeps the digest and every byte',
    async (to) => {
      const { copy, digestsAt, one } = await start();
      const { digest } = (await one.resolve()).descriptor;
      const [copied] = await copy('one.tar', to);
      expect(copied).toMatchObject({ source: 'one.tar', destination: to, digest, before: digest });
      expect(copied?.newBytes).toBe(copied?.bytes);
      expect(await digestsAt(to)).toEqual([digest]);
    },
  );

  it('goes to a registry and comes back', async () => {
    const { copy, digestsAt } = await start();
    const { host } = await servedRegistry();
    const [copied] = await copy('one.tar', `docker://${host}/team/app:2`);
    expect(copied?.reference).toBe(`${host}/team/app:2`);
    await copy(`docker://${host}/team/app:2`, 'back.tar');
    expect(await digestsAt('./back.tar')).toEqual([copied?.digest]);
  });

  it('plans the same in a dry run, and writes nothing', async () => {
    const { copy, cwd } = await start();
    const planned = await copy('one.tar', 'out.tar', { dryRun: true });
    expect(await readdir(cwd)).not.toContain('out.tar');
    expect(await copy('one.tar', 'out.tar')).toEqual(planned);
  });

  it('that converts has another digest, and says which it was', async () => {
    const { copy } = await start();
    const [copied] = await copy('one.tar', 'out.tar', { convert: { compress: 'gzip' } });
    expect(copied?.digest).not.toBe(copied?.before);
  });
});

describe('images of a source', () => {
  it('must be one, or all of them are asked for', async () => {
    const { copy, digestsAt } = await start();
    await expect(copy('both.tar', 'out.tar')).rejects.toMatchObject({ code: 'AMBIGUOUS' });
    expect(await copy('both.tar', 'out.tar', { all: true })).toHaveLength(2);
    expect(await digestsAt('./out.tar')).toHaveLength(2);
  });

  it('get one name only if they are one', async () => {
    const { copy, cwd } = await start();
    await expect(copy('both.tar', 'out.tar', { all: true, as: 'x:1' })).rejects.toMatchObject({
      code: 'USAGE',
    });
    expect(await copy('one.tar', 'out.tar', { as: 'x:1' })).toMatchObject([
      { reference: 'docker.io/library/x:1' },
    ]);
    expect(await readdir(cwd)).toContain('out.tar');
  });

  it('of several sources must not be different ones of one name', async () => {
    const { copy, cwd } = await start();
    await expect(copy(['one.tar', 'two.tar'], 'out.tar')).rejects.toMatchObject({ code: 'USAGE' });
    expect(await readdir(cwd)).not.toContain('out.tar');
    expect(await copy(['one.tar', './one.tar'], 'out.tar')).toHaveLength(2);
  });

  it('that are not there are NOT_FOUND', async () => {
    const { copy } = await start();
    const empty = join(import.meta.dirname, '../../../testing/golden/empty-oci.tar');
    for (const from of ['absent.tar', empty])
      await expect(copy(from, 'out.tar', { all: true })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
  });

  it('that fail are left out where the caller takes failures', async () => {
    const { copy } = await start();
    const failures: string[] = [];
    const onFailure = ({ code }: { readonly code: string }) => void failures.push(code);
    const copied = await copy(['absent.tar', 'one.tar'], 'out.tar', { onFailure });
    expect([failures, copied.length]).toEqual([['NOT_FOUND'], 1]);
  });
});

describe('an archive that is there', () => {
  it('is a CONFLICT, and stays', async () => {
    const { copy, digestsAt } = await start();
    const before = await digestsAt('./two.tar');
    await expect(copy('one.tar', 'two.tar')).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await digestsAt('./two.tar')).toEqual(before);
  });

  it('is replaced with `force`', async () => {
    const { copy, digestsAt } = await start();
    const [copied] = await copy('one.tar', 'two.tar', { force: true });
    expect(await digestsAt('./two.tar')).toEqual([copied?.digest]);
  });
});
