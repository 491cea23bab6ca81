import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeArchiveOf } from '../../../testing/archive.js';
import { storeWith, writeIndex } from '../../../testing/image.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import { flipped, repack } from '../../../testing/repack.js';
import { servedRegistry } from '../../../testing/served-registry.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { copyImages } from '../copy/copy-images.js';
import { push } from '../push/push.js';
import { verify, type VerifyLocationsOptions } from './verify.js';

/** A workspace with the archive `app.tar` of one image. */
async function start(store?: MemoryStore) {
  const { workspace, call, cwd, events } = await workspaceOf();
  const content = store ?? (await storeWith('app:1'));
  await writeArchiveOf(join(cwd, 'app.tar'), content);
  const { descriptor } = await content.resolve();
  const check = (texts: readonly string[], options: Partial<VerifyLocationsOptions> = {}) =>
    verify(workspace, texts, { ...call, ...options });
  const copy = (from: string, to: string, options = {}) =>
    copyImages(workspace, from, to, {
      ...{ ...call, ...options },
      stdout: () => Promise.reject(new Error('to a file')),
    });
  /** Writes `changed.tar`, with one blob changed or deleted. */
  const change = (digest: string, edit: (body: Buffer) => Buffer | undefined) =>
    repack(join(cwd, 'app.tar'), join(cwd, 'changed.tar'), (members) => {
      const name = `blobs/${digest.replace(':', '/')}`;
      const body = edit(members.get(name) ?? Buffer.alloc(0));
      if (body) members.set(name, body);
      else members.delete(name);
    });
  const layer = [...content.blobs].find(([, { byteLength }]) => byteLength > 2000)?.[0] ?? '';
  return { workspace, call, cwd, events, content, layer, root: descriptor, check, copy, change };
}

describe('a verified location', () => {
  it('without a problem is ok, and every byte of its layers was read', async () => {
    const { check, content } = await start();
    const layers = [...content.blobs.values()].filter(({ byteLength }) => byteLength > 2000);
    const bytes = layers.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const [result] = await check(['app.tar']);
    expect(result).toMatchObject({ location: 'app.tar', ok: true, images: 1, problems: [] });
    expect(result?.bytes).toBeGreaterThanOrEqual(bytes);
  });

  it('with a flipped bit is CORRUPT, and the problem names the blob', async () => {
    const { check, change, layer } = await start();
    await change(layer, (body) => flipped(body, 700));
    const [result] = await check(['changed.tar']);
    expect(result).toMatchObject({ ok: false, problems: [{ code: 'CORRUPT', digest: layer }] });
  });

  it('without a blob is INCOMPLETE', async () => {
    const { check, change, layer } = await start();
    await change(layer, () => undefined);
    expect(await check(['changed.tar'])).toMatchObject([
      { ok: false, problems: [{ code: 'INCOMPLETE', digest: layer }, { code: 'INCOMPLETE' }] },
    ]);
  });

  it('that lists files of no image names them', async () => {
    const { check, cwd } = await start();
    await repack(join(cwd, 'app.tar'), join(cwd, 'more.tar'), (members) =>
      members.set('blobs/sha256/stray', Buffer.from('x')),
    );
    expect(await check(['more.tar'])).toMatchObject([
      { ok: true, unreferenced: ['blobs/sha256/stray'] },
    ]);
  });

  it('in parts names the part that does not match its checksum', async () => {
    const { check, copy, cwd } = await start();
    await mkdir(join(cwd, 'parts'));
    await copy('app.tar', 'parts/app.tar', { split: '3000' });
    const part = join(cwd, 'parts/app.tar.002');
    await writeFile(part, flipped(await readFile(part)));
    const [result] = await check(['parts/app.tar']);
    expect(result?.problems[0]).toMatchObject({ code: 'CORRUPT' });
    expect(result?.problems[0]?.member).toContain('app.tar.002');
  });

  it('of a registry is read from there', async () => {
    const { workspace, call, check, root } = await start();
    const { host, requests } = await servedRegistry();
    await push(workspace, ['app.tar'], { ...call, to: host });
    requests.length = 0;
    const reference = `docker://${host}/library/app@${root.digest}`;
    expect(await check([reference])).toMatchObject([{ ok: true, images: 1 }]);
    expect(requests.filter((each) => /^GET .*\/blobs\//.test(each))).toHaveLength(3);
  });
});

describe('several locations', () => {
  it('that are not there are NOT_FOUND, all in one error', async () => {
    const { check } = await start();
    await expect(check(['absent.tar', 'app.tar', 'store:nothing:1'])).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(/absent\.tar.*nothing:1/s) as string,
    });
  });

  it('have a result each with `onFailure`, without those that are not there', async () => {
    const { check, cwd } = await start();
    await writeFile(join(cwd, 'damaged.tar'), 'x');
    const failures: string[] = [];
    const onFailure = ({ code }: { readonly code: string }) => void failures.push(code);
    const results = await check(['absent.tar', 'damaged.tar', 'app.tar'], { onFailure });
    expect(failures).toEqual(['NOT_FOUND']);
    expect(results.map(({ location, ok }) => [location, ok])).toEqual([
      ['damaged.tar', false],
      ['app.tar', true],
    ]);
  });
});

describe('an archive that is not whole', () => {
  it('may be sparse with `allowSparse`', async () => {
    const store = new MemoryStore();
    const platforms = ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture }));
    const index = await writeIndex(store, 'app:1', platforms);
    const { check, change } = await start(store);
    const { manifests } = JSON.parse(
      Buffer.from(store.blobs.get(index.digest) ?? []).toString(),
    ) as { manifests: { digest: string }[] };
    await change(manifests[1]?.digest ?? '', () => undefined);
    expect(await check(['changed.tar'])).toMatchObject([{ ok: false }]);
    expect(await check(['changed.tar'], { allowSparse: true })).toMatchObject([{ ok: true }]);
  });

  it('is completed by its base', async () => {
    const { check, copy, cwd } = await start();
    await writeArchiveOf(join(cwd, 'new.tar'), await storeWith('app:2', { layers: 3 }));
    await copy('new.tar', 'delta.tar', { base: 'app.tar' });
    expect(await check(['delta.tar'])).toMatchObject([{ ok: false }]);
    expect(await check(['delta.tar'], { base: 'app.tar' })).toMatchObject([{ ok: true }]);
  });
});

it('an archive without images is ok, with a notice', async () => {
  const { check, events } = await start();
  const empty = join(import.meta.dirname, '../../../testing/golden/empty-oci.tar');
  expect(await check([empty])).toMatchObject([{ ok: true, images: 0 }]);
  expect(events).toContainEqual({ type: 'notice', text: `${empty}: holds no images` });
});
