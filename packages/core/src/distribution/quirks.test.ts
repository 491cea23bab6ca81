import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { listening } from '../../testing/listening.js';
import { quirkyRegistry, Registry, type Quirk } from '../../testing/quirks/registry.js';
import { OCI_ONLY, QUIRKS } from '../../testing/quirks/table.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { BASE, savePath, workspaceOf } from '../../testing/workspace.js';
import { surroundingsOf } from '../surroundings.js';
import { copyImages } from '../lifecycle/copy/copy-images.js';
import { pull } from '../lifecycle/copy/pull.js';
import { inspect } from '../lifecycle/inspect/inspect.js';
import { load } from '../lifecycle/load/load.js';
import { push } from '../lifecycle/push/push.js';
import type { LifecycleEvent } from '../lifecycle/workspace/call.js';
import { sync } from '../lifecycle/sync/sync.js';
import { describe as descriptorOf } from '../oci/descriptor.js';
import { MediaType } from '../oci/media-types.js';
import { oneChunk } from '../transfer/copy.js';
import { readAll, verified } from '../transfer/verified.js';
import { openRepository } from './open-repository.js';

const golden = (file: string) => join(import.meta.dirname, '../../testing/golden', file);
const { version } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
) as { version: string };

async function serve(quirk: Quirk) {
  const registry = new Registry();
  return { registry, host: await listening(quirkyRegistry(registry, quirk)) };
}

async function openOne() {
  const { workspace, call } = await workspaceOf();
  const stdout = () => Promise.reject(new Error('unexpected write to stdout'));
  return { workspace, call: { ...call, stdout } };
}

describe.each(QUIRKS)('$name:', (quirk) => {
  it('images are pushed, pulled, copied, loaded and synced', async () => {
    vi.stubEnv('STOWAGE_CACHE_DIR', await temporaryFolder());
    onTestFinished(() => void vi.unstubAllEnvs());
    const { registry, host } = await serve(quirk);
    const { workspace, call } = await openOne();

    // The first keeps its digest and has two referrers; the layers of the second are compressed while they are sent.
    const pushBoth = async () => [
      ...(await push(workspace, [golden('referrers.tar')], { ...call, to: `${host}/kept` })),
      ...(await push(workspace, [golden('docker-20.tar')], { ...call, to: `${host}/packed` })),
    ];
    const pushed = await pushBoth();
    expect((await pushBoth()).map(({ action }) => action)).toEqual(pushed.map(() => 'skipped'));

    const [signed, ...others] = pushed.map(({ reference }) => reference);
    if (signed === undefined) throw new Error('nothing was pushed');
    const pulled = await pull(workspace, [signed, ...others], { ...call, output: 'pulled.tar' });
    expect(pulled.map(({ digest }) => digest)).toEqual(pushed.map(({ digest }) => digest));
    const { images } = await inspect(workspace, './pulled.tar', call);
    expect(images.filter(({ subject }) => subject)).toHaveLength(2);

    const copied = await copyImages(workspace, signed, `docker://${host}/copied/app:1`, call);
    expect(copied[0]?.digest).toBe(pushed[0]?.digest);
    const loaded = await load(workspace, [`${host}/copied/app:1`], call);
    expect(loaded[0]?.digest).toBe(pushed[0]?.digest);

    await savePath(workspace, BASE, call);
    const shared = `${host}/shared`;
    const other = await openOne();
    const actions = async (results: ReturnType<typeof sync>) =>
      (await results).map(({ action }) => action);
    expect(await actions(sync(workspace, 'images', shared, call))).toEqual(['sent']);
    expect(await actions(sync(workspace, 'images', shared, call))).toEqual(['same']);
    expect(await actions(sync(other.workspace, shared, './images', other.call))).toEqual([
      'received',
    ]);
    expect([...registry.agents]).toEqual([`stowage/${version}`]);
  });
});

const MIB = 1024 * 1024;

describe.each(QUIRKS.filter(({ needsChunks }) => needsChunks))('$name:', (quirk) => {
  it('a large blob arrives, and the next one of the same registry needs no second try', async () => {
    const { registry, host } = await serve(quirk);
    await using repository = await openRepository(`${host}/a`, {}, surroundingsOf());
    const counts: number[] = [];
    for (const seed of [1, 2]) {
      const before = registry.requests.length;
      const bytes = Buffer.alloc(35 * MIB, seed);
      const blob = descriptorOf(MediaType.layer, bytes);
      await repository.write(blob, (start = 0) => oneChunk(bytes.subarray(start)));
      await readAll(verified(repository.read(blob), blob), Infinity);
      const asked = registry.requests.slice(before);
      counts.push(asked.filter((each) => each.startsWith('PATCH ')).length);
    }
    expect(counts).toEqual(quirk.name.startsWith('chunks have') ? [2, 2] : [counts[0], 0]);
  });
});

describe('a registry that takes OCI media types only', () => {
  it('refuses an image of Docker’s types with a hint, and takes it in the format oci', async () => {
    vi.stubEnv('STOWAGE_CACHE_DIR', await temporaryFolder());
    onTestFinished(() => void vi.unstubAllEnvs());
    const { host } = await serve(OCI_ONLY);
    const { workspace, call } = await openOne();
    const events: LifecycleEvent[] = [];
    const options = {
      ...call,
      onEvent: (event: LifecycleEvent) => void events.push(event),
      to: host,
    };
    const archive = golden('nerdctl-docker-types.tar');
    await expect(push(workspace, [archive], options)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      hint: expect.stringContaining('`format: oci`') as string,
    });
    const [kept] = await push(workspace, [archive], { ...options, dryRun: true, format: 'keep' });
    const [planned] = await push(workspace, [archive], { ...options, dryRun: true, format: 'oci' });
    const [pushed] = await push(workspace, [archive], { ...options, format: 'oci' });
    expect(pushed).toMatchObject({ action: 'pushed', digest: planned?.digest });
    expect(pushed?.digest).not.toBe(kept?.digest);
    expect(events).toContainEqual({
      type: 'notice',
      text: expect.stringContaining(`was ${kept?.digest} and is ${pushed?.digest}`) as string,
    });
    const [again] = await push(workspace, [archive], { ...options, format: 'oci' });
    expect(again).toMatchObject({ action: 'skipped', digest: pushed?.digest });
    const pulled = await pull(workspace, [pushed?.reference ?? ''], { ...call, output: 'x.tar' });
    expect(pulled).toMatchObject([{ digest: pushed?.digest }]);
    // An image of OCI's types keeps its digest.
    const signed = golden('referrers.tar');
    const [same] = await push(workspace, [signed], { ...options, format: 'oci' });
    const [plain] = await push(workspace, [signed], options);
    expect(plain).toMatchObject({ action: 'skipped', digest: same?.digest });
  });

  it('with compression and format at once', async () => {
    vi.stubEnv('STOWAGE_CACHE_DIR', await temporaryFolder());
    onTestFinished(() => void vi.unstubAllEnvs());
    const { host } = await serve(OCI_ONLY);
    const { workspace, call } = await openOne();
    const options = { ...call, to: host, format: 'oci', compress: 'zstd' } as const;
    const [pushed] = await push(workspace, [golden('nerdctl-docker-types.tar')], options);
    const { images } = await inspect(workspace, pushed?.reference ?? '', call);
    expect(new Set(images[0]?.layers.map(({ mediaType }) => mediaType))).toEqual(
      new Set([MediaType.layerZstd]),
    );
  });
});
