import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeArchiveOf } from '../../testing/archive.js';
import { writeIndex } from '../../testing/image.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { servedRegistry } from '../../testing/served-registry.js';
import { NAME, workspaceOf } from '../../testing/workspace.js';
import { ensureInEngine } from '../build/put-into.js';
import { EmbeddedEngine } from '../engine/embedded.js';
import { parsePlatform } from '../oci/platform.js';
import { copyImages } from './copy/copy-images.js';
import { inspect } from './inspect/inspect.js';
import { verify } from './inspect/verify.js';
import { push } from './push/push.js';
import { save } from './save/save.js';

const PLATFORMS = ['amd64', 'arm64', 's390x'].map(parsePlatform);
const [ARM64, TWO] = [PLATFORMS.slice(1, 2), PLATFORMS.slice(1)];

/** `multi.tar` of an image of three platforms, and the verbs with it. */
async function start() {
  const { workspace, call, cwd } = await workspaceOf();
  const store = new MemoryStore();
  const index = await writeIndex(store, `${NAME}:1`, PLATFORMS);
  await writeArchiveOf(join(cwd, 'multi.tar'), store);
  const stdout = () => Promise.reject(new Error('to a file'));
  const platformsAt = async (location: string) =>
    (await inspect(workspace, location, call)).images.flatMap(({ platforms }) =>
      platforms.map(({ architecture }) => architecture),
    );
  return { workspace, call, cwd, store, index, stdout, platformsAt };
}

describe('of an image of several platforms', () => {
  it.each([
    ['one is copied', ARM64, ['arm64']],
    ['some are copied', TWO, ['arm64', 's390x']],
    ['all are copied', 'all' as const, ['amd64', 'arm64', 's390x']],
  ])('%s', async (_what, platforms, expected) => {
    const { workspace, call, stdout, index, platformsAt } = await start();
    const options = { ...call, stdout, platforms };
    const [copied] = await copyImages(workspace, './multi.tar', 'out.tar', options);
    expect(copied?.before).toBe(index.digest);
    expect(copied?.digest === index.digest).toBe(platforms === 'all');
    expect(await platformsAt('./out.tar')).toEqual(expected);
    expect(await verify(workspace, ['./out.tar'], call)).toMatchObject([{ ok: true }]);
  });

  it.each([
    ['one is pushed', ARM64, ['arm64'], 'auto' as const],
    ['some are pushed as an index of these alone', TWO, ['arm64', 's390x'], 'auto' as const],
    ['some are pushed, compressed', TWO, ['arm64', 's390x'], 'zstd' as const],
  ])('%s, and not again', async (_what, platforms, expected, compress) => {
    const { workspace, call, platformsAt } = await start();
    const { host } = await servedRegistry();
    const options = { ...call, to: host, platforms, compress };
    const [pushed] = await push(workspace, ['./multi.tar'], options);
    expect(await platformsAt(pushed?.reference ?? '')).toEqual(expected);
    expect(await push(workspace, ['./multi.tar'], options)).toMatchObject([
      { action: 'skipped', digest: pushed?.digest, bytesSent: 0 },
    ]);
  });

  it('a second one that is pushed joins the first', async () => {
    const { workspace, call, platformsAt } = await start();
    const { host } = await servedRegistry();
    const options = { ...call, to: host, onExistingTag: 'merge' as const };
    const one = async (at: number) =>
      push(workspace, ['./multi.tar'], { ...options, platforms: PLATFORMS.slice(at, at + 1) });
    await one(0);
    const [merged] = await one(2);
    expect(await platformsAt(merged?.reference ?? '')).toEqual(['amd64', 's390x']);
  });

  it('one is verified, whatever the others are', async () => {
    const { workspace, call, cwd, store, index } = await start();
    const { images } = await inspect(workspace, './multi.tar', call);
    const layer = images[0]?.layers.find(({ platform }) => platform?.architecture === 'amd64');
    const bytes = await readFile(join(cwd, 'multi.tar'));
    const body = Buffer.from(store.blobs.get(layer?.digest ?? index.digest) ?? []);
    const at = bytes.indexOf(body);
    bytes[at + 600] = (bytes[at + 600] ?? 0) ^ 1;
    await writeFile(join(cwd, 'broken.tar'), bytes);
    const check = (options: object) => verify(workspace, ['./broken.tar'], { ...call, ...options });
    expect(await check({})).toMatchObject([{ ok: false }]);
    expect(await check({ platforms: PLATFORMS.slice(0, 1) })).toMatchObject([{ ok: false }]);
    expect(await check({ platforms: TWO })).toMatchObject([
      { ok: true, images: 1, unreferenced: [] },
    ]);
    await expect(check({ platforms: TWO, manifest: true })).rejects.toMatchObject({
      code: 'USAGE',
    });
  });

  it('one that is absent is an error of every verb, which names those that are there', async () => {
    const { workspace, call, stdout } = await start();
    const options = { ...call, stdout, to: 'localhost:1', platforms: [parsePlatform('riscv64')] };
    const error = {
      code: 'NOT_FOUND',
      message: expect.stringMatching(
        /no image for linux\/riscv64, only for linux\/amd64, linux\/arm64/,
      ) as string,
    };
    await expect(copyImages(workspace, './multi.tar', 'x.tar', options)).rejects.toMatchObject(
      error,
    );
    await expect(push(workspace, ['./multi.tar'], options)).rejects.toMatchObject(error);
    await expect(verify(workspace, ['./multi.tar'], options)).rejects.toMatchObject(error);
  });

  it('some are saved, with the digest of the index in the record', async () => {
    const { workspace, call, cwd, store, index } = await start();
    const engine = new EmbeddedEngine(join(cwd, '.stowage/store'), workspace.surroundings);
    await ensureInEngine(engine, store, `${NAME}:1`);
    const saveThem = (options: object) => save(workspace, [`${NAME}:1`], { ...call, ...options });
    const [saved] = await saveThem({ platforms: TWO });
    const record = JSON.parse(await readFile(saved?.record ?? '', 'utf8')) as object;
    expect(record).toMatchObject({ digest: saved?.digest, index: index.digest, platforms: TWO });
    expect(await saveThem({ platforms: TWO })).toMatchObject([{ action: 'skipped' }]);
    expect(await saveThem({ platforms: ARM64 })).toMatchObject([{ action: 'saved' }]);
    expect(await saveThem({ platforms: 'all' })).toMatchObject([
      { action: 'saved', digest: index.digest },
    ]);
  });
});
