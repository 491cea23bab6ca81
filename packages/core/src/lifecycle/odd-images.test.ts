import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dockerArchive, haul, HAULED, Layout } from '../../testing/haul.js';
import { workspaceOf } from '../../testing/workspace.js';
import { MediaType } from '../oci/media-types.js';
import { RegistryArchives } from '../registry/archives.js';
import { openArchive } from '../archive/open-archive.js';
import { copyImages } from './copy/copy-images.js';
import { inspect } from './inspect/inspect.js';
import { load } from './load/load.js';
import { openEngine } from './workspace/workspace.js';
import { verify } from './inspect/verify.js';

const LINUX = { os: 'linux', architecture: 'amd64' };

async function start() {
  const { workspace, call, cwd, events } = await workspaceOf();
  const stdout = () => Promise.reject(new Error('unexpected write to stdout'));
  const notices = () => events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
  return { workspace, call: { ...call, stdout }, file: join(cwd, 'x.tar'), cwd, notices };
}

/** A layout of a sound image, `good:1`, and one with a malformed manifest, `odd:1`. */
async function mixed(file: string) {
  const layout = new Layout();
  const good = await layout.image('good');
  const odd = layout.put(MediaType.manifest, { schemaVersion: 2, layers: 'none' });
  layout.list(good, 'good:1');
  layout.list(odd, 'odd:1');
  await layout.write(file);
  return { good, odd };
}

describe('a malformed image beside a sound one', () => {
  it('is reported, and the sound one is shown, loaded, copied and served', async () => {
    const { workspace, call, file, notices } = await start();
    const { good } = await mixed(file);
    const { images, notices: shown } = await inspect(workspace, file, call);
    expect(images.map(({ digest }) => digest)).toEqual([good.digest]);
    expect(shown).toEqual([expect.stringContaining('manifest')]);
    expect(await load(workspace, [file], call)).toMatchObject([{ digest: good.digest }]);
    const copied = await copyImages(workspace, file, 'all.tar', { ...call, all: true });
    expect(copied.map(({ digest }) => digest)).toEqual([good.digest]);
    expect(notices()).toEqual(Array(2).fill(expect.stringContaining('odd:1: left out: manifest')));
    const served: string[] = [];
    await using hosted = await RegistryArchives.open([await openArchive(file)], {
      onNotice: (text) => served.push(text),
    });
    expect(await hosted.repositories()).toEqual(['good']);
    expect(served).toHaveLength(1);
  });

  it('fails when it is the one that was asked for', async () => {
    const { workspace, call, file, notices } = await start();
    const { odd } = await mixed(file);
    const named = `oci-archive:${file}:odd:1`;
    await expect(inspect(workspace, named, call)).rejects.toMatchObject({ code: 'INVALID' });
    await expect(load(workspace, [named], call)).rejects.toMatchObject({ code: 'INVALID' });
    await expect(copyImages(workspace, named, 'y.tar', call)).rejects.toMatchObject({
      code: 'INVALID',
    });
    const [{ ok, problems } = { ok: true, problems: [] }] = await verify(workspace, [file], call);
    expect([ok, problems.map(({ digest }) => digest)]).toEqual([false, [odd.digest]]);
    expect(notices()).toEqual([]);
  });

  it('fails when it was asked for beside a sound one of another input, and nothing is loaded', async () => {
    const { workspace, call, file, notices } = await start();
    await mixed(file);
    const inputs = ['good:1', 'odd:1'].map((name) => `oci-archive:${file}:${name}`);
    for (const given of [inputs, inputs.toReversed()])
      await expect(load(workspace, given, call)).rejects.toMatchObject({ code: 'INVALID' });
    expect(notices()).toEqual([]);
    await using engine = await openEngine(workspace, call);
    expect(await engine.list()).toEqual([]);
  });

  it('in a docker-archive is a notice, and a problem for verify', async () => {
    const { workspace, call, file, notices } = await start();
    await dockerArchive(file, [LINUX, { rootfs: 'none' }]);
    expect((await inspect(workspace, file, call)).notices).toHaveLength(1);
    expect(await load(workspace, [file], call)).toHaveLength(1);
    expect(notices()).toEqual([expect.stringContaining('left out:')]);
    const [verified] = await verify(workspace, [file], call);
    expect(verified).toMatchObject({ images: 1, problems: [{ code: 'INVALID' }] });
    expect(notices()).toHaveLength(1);
  });
});

describe('an image without a platform', () => {
  it('is loaded, but not for a platform that was asked for', async () => {
    const { workspace, call, file } = await start();
    await dockerArchive(file, [{ os: '', architecture: '' }]);
    const [image] = (await inspect(workspace, file, call)).images;
    expect(image?.platforms).toMatchObject([{ os: 'unknown', architecture: 'unknown' }]);
    const platform = { os: 'linux', architecture: 'arm64' };
    await expect(load(workspace, [file], { ...call, platform })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await load(workspace, [file], call)).toMatchObject([{ action: 'loaded' }]);
  });
});

describe('a store with an image, its signature and its attestation under one name', () => {
  it.each([false, true])('is loaded and copied whole; hybrid: %s', async (isHybrid) => {
    const { workspace, call, file, cwd, notices } = await start();
    const { layout, digests, names } = await haul({ isHybrid });
    await layout.write(file);
    expect(await load(workspace, [file], call)).toMatchObject([
      { reference: HAULED, digest: digests[0] },
    ]);
    expect(notices()).toEqual([expect.stringContaining(`refers to ${digests[0]}`)]);
    for (const all of [false, true]) {
      const copied = await copyImages(workspace, file, `${all}.tar`, { ...call, all });
      expect(copied.map(({ digest }) => digest).sort()).toEqual([...digests].sort());
      const { images } = await inspect(workspace, join(cwd, `${all}.tar`), call);
      const found = images.flatMap((image) => image.names.map(({ reference }) => reference));
      expect(found.sort()).toEqual([...names].sort());
    }
    expect(
      (await verify(workspace, [file, join(cwd, 'true.tar')], call)).map(({ ok }) => ok),
    ).toEqual([true, true]);
  });

  it('keeps signatures beside their image under another name, and out of an engine', async () => {
    const { workspace, call, file, notices } = await start();
    const { layout, digests } = await haul();
    await layout.write(file);
    const copied = await copyImages(workspace, file, 'y.tar', { ...call, as: 'other/app:2' });
    const tag = digests[0]?.replace(':', '-');
    expect(copied.map(({ reference }) => reference)).toEqual([
      'docker.io/other/app:2',
      `docker.io/other/app:${tag}.sig`,
      `docker.io/other/app:${tag}.att`,
    ]);
    expect(notices()).toEqual([]);
  });
});
