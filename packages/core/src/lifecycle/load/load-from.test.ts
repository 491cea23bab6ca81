import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeImage } from '../../../testing/image.js';
import { listening } from '../../../testing/listening.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { ArchiveWriter } from '../../archive/archive-writer.js';
import { writeAtomically } from '../../disk/atomic-write.js';
import { registryHandler } from '../../registry/handler/handler.js';
import { RegistryStore } from '../../registry/storage/registry-store.js';
import { copy } from '../../transfer/copy.js';
import { push } from '../push/push.js';
import { pull } from '../copy/pull.js';
import { inspectAll } from '../inspect/inspect.js';
import { load } from './load.js';

/** A registry that nothing may ask, and its images in `site/release.tar`: `app:1`, `db:1` below `team`. */
async function setUp() {
  const asked: string[] = [];
  const host = await listening((request, answer) => {
    asked.push(request.url ?? '');
    answer.writeHead(403).end();
  });
  const { workspace, call, cwd } = await workspaceOf({
    'stowage.yaml': `default_registry: ${host}\n`,
  });
  await mkdir(join(cwd, 'site'));
  const source = new MemoryStore();
  const images: Record<string, string> = {};
  const path = join(cwd, 'site/release.tar');
  await using writer = new ArchiveWriter(path, (bytes) => writeAtomically(path, bytes));
  for (const name of ['app', 'db']) {
    const reference = `${host}/team/${name}:1`;
    const { digest } = await writeImage(source, reference, { seed: name, bytes: 100 });
    await copy(source, reference, writer);
    images[name] = digest;
  }
  await writer.commit();
  const mirror = async () => {
    const storage = new RegistryStore(await temporaryFolder());
    const to = await listening(registryHandler({ reader: storage, storage }));
    await push(workspace, ['site/release.tar'], { ...call, to: `${to}/copies` });
    return `${to}/copies`;
  };
  const references = ['app', 'db'].map((name) => `${host}/team/${name}:1`);
  return { workspace, call, host, asked, images, mirror, references };
}

it('takes images from an archive or a folder in place of their registry', async () => {
  const { workspace, call, host, asked, images, references } = await setUp();
  const byTag = references.map((reference) => `docker://${reference}`);
  const results = await load(workspace, byTag, { ...call, from: 'site/release.tar' });
  expect(results).toMatchObject(
    references.map((reference, at) => ({
      input: byTag[at],
      reference,
      digest: images[at === 0 ? 'app' : 'db'],
      action: 'loaded',
    })),
  );
  // By digest from a folder; the engine has it under another name.
  const digest = `docker://${host}/other/app@${images['app']}`;
  expect(await load(workspace, [digest], { ...call, from: 'site' })).toMatchObject([
    { digest: images['app'] },
  ]);
  expect(asked).toEqual([]);
});

it('gives the input as it was written, without the default registry', async () => {
  const { workspace, call, references } = await setUp();
  const expected = [{ input: 'team/app:1', reference: references[0] }];
  const place = { ...call, from: 'site' };
  expect(await load(workspace, ['team/app:1'], place)).toMatchObject(expected);
  const present = { ...call, ifNotPresent: true };
  expect(await load(workspace, ['team/app:1'], present)).toMatchObject(expected);
});

it('takes images from a registry that has them below a prefix', async () => {
  const { workspace, call, asked, references, mirror } = await setUp();
  const from = await mirror();
  for (const each of [from, `http://${from}`, `docker://${from}`])
    expect(await load(workspace, references, { ...call, from: each })).toMatchObject(
      references.map((reference) => ({ reference })),
    );
  expect(asked).toEqual([]);
});

it('names all images that are not in the place, and loads none', async () => {
  const { workspace, call, host, asked, references } = await setUp();
  const missing = [`docker://${host}/team/app:2`, `docker://${host}/nope:1`];
  const message = [
    '2 images are missing:',
    `no image ${host}/team/app:2 in site`,
    `no image ${host}/nope:1 in site`,
  ].join('\n');
  await expect(
    load(workspace, [...missing, ...references], { ...call, from: 'site' }),
  ).rejects.toMatchObject({ code: 'NOT_FOUND', message });
  await expect(load(workspace, references, { ...call, from: 'none.tar' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  await expect(load(workspace, references, { ...call, from: '???' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  expect(asked).toEqual([]);
});

it('asks no registry for a digest that the engine has, nor for a tag with ifNotPresent', async () => {
  const { workspace, call, asked, images, references, host } = await setUp();
  const [app = '', db = ''] = references;
  await load(workspace, references, { ...call, from: 'site' });
  const pinned = [`${app}@${images['app']}`, `docker://${db}`];
  expect(await load(workspace, pinned, { ...call, ifNotPresent: true })).toMatchObject([
    { input: pinned[0], reference: app, digest: images['app'], action: 'skipped', bytesSent: 0 },
    { input: pinned[1], reference: db, digest: images['db'], action: 'skipped' },
  ]);
  expect(await load(workspace, pinned.slice(0, 1), call)).toMatchObject([{ action: 'skipped' }]);
  expect(asked).toEqual([]);
  // Another digest than the engine has under that tag, and a tag without the option, are asked for.
  const other = `${app}@sha256:${'0'.repeat(64)}`;
  for (const each of [other, `docker://${db}`, `${host}/team/new:1`])
    await expect(load(workspace, [each], call)).rejects.toMatchObject({ code: 'DENIED' });
  expect(asked.length).toBeGreaterThan(2);
});

it('pulls images from an archive, a folder or a mirror in place of their registry', async () => {
  const { workspace, call, asked, images, mirror, references } = await setUp();
  const stdout = () => Promise.reject(new Error('nothing is written to standard output'));
  const options = { ...call, stdout };
  for (const [at, from] of ['site/release.tar', 'site', await mirror()].entries()) {
    const output = `out${at}.tar`;
    const results = await pull(workspace, references, { ...options, from, output });
    expect(results).toMatchObject(
      Object.values(images).map((digest, image) => ({ input: references[image], digest, output })),
    );
    const [{ images: written = [] } = {}] = await inspectAll(workspace, [output], call);
    expect(written.map(({ names }) => names[0]?.reference)).toEqual(references);
  }
  expect(asked).toEqual([]);
  const missing = pull(workspace, [`${references[0]}9`], {
    ...options,
    from: 'site',
    output: 'x.tar',
  });
  await expect(missing).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const intoCache = pull(workspace, references, { ...options, from: 'site' });
  await expect(intoCache).rejects.toMatchObject({ code: 'USAGE' });
});

it('inspects the archives of a pattern and of a folder', async () => {
  const { workspace, call } = await setUp();
  const [one] = await inspectAll(workspace, ['site/*.tar'], call);
  expect(one?.images).toHaveLength(2);
  expect(await inspectAll(workspace, ['site', 'site/release.tar'], call)).toHaveLength(2);
  const nothing = inspectAll(workspace, ['site/*.zst', 'site'], call);
  await expect(nothing).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
