import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BASE, NAME, savePath, workspaceOf } from '../../testing/workspace.js';
import { copyImages } from './copy/copy-images.js';
import { inspect } from './inspect/inspect.js';
import { load } from './load/load.js';
import { verify } from './inspect/verify.js';

const GOLDEN = join(import.meta.dirname, '../../testing/golden');
const golden = (file: string) => join(GOLDEN, file);

describe('names in archives', () => {
  it('are shown with the field they were read from', async () => {
    const { workspace, call } = await workspaceOf();
    const { images } = await inspect(workspace, golden('skopeo-oci-tag.tar'), call);
    const field = 'org.opencontainers.image.ref.name';
    expect(images[0]?.names).toEqual([{ reference: null, field, written: 'v1' }]);
    const repository = 'registry.example.com/team/app';
    const again = await inspect(workspace, golden('skopeo-oci-tag.tar'), { ...call, repository });
    expect(again.images[0]?.names).toEqual([
      { reference: `${repository}:v1`, field, written: 'v1' },
    ]);
    await expect(
      inspect(workspace, golden('skopeo-oci-tag.tar'), { ...call, repository: 'Not One' }),
    ).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('select one of several images, also by digest', async () => {
    const { workspace, call } = await workspaceOf();
    const several = golden('docker-20-several.tar');
    const [hello] = await load(workspace, [`docker-archive:${several}:hello:1.0`], call);
    expect(hello?.reference).toBe('docker.io/library/hello:1.0');
    const [same] = (await inspect(workspace, `docker-archive:${several}@${hello?.digest}`, call))
      .images;
    expect(same?.digest).toBe(hello?.digest);
    await expect(
      load(workspace, [`docker-archive:${several}:other:1`], call),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('referrers', () => {
  it('are copied with their image, but not loaded into an engine', async () => {
    const { workspace, call, cwd } = await workspaceOf();
    const write = {
      ...call,
      stdout: () => Promise.reject(new Error('unexpected write to stdout')),
    };
    const copied = await copyImages(workspace, golden('referrers.tar'), 'copied/', write);
    expect(copied.map(({ reference }) => reference)).toEqual([
      'registry.example.com/golden/app:v1',
      null,
      null,
    ]);
    const { images } = await inspect(workspace, join(cwd, 'copied'), call);
    expect(images.map(({ subject }) => subject?.digest)).toEqual([
      undefined,
      copied[0]?.digest,
      copied[1]?.digest,
    ]);
    const notices: string[] = [];
    const loaded = await load(workspace, [golden('referrers.tar')], {
      ...call,
      onEvent: (event) => event.type === 'notice' && notices.push(event.text),
    });
    expect(loaded).toHaveLength(1);
    expect(notices).toHaveLength(1);
    for (const { digest } of images.slice(1)) expect(notices[0]).toContain(digest);
    // An artifact without a subject is skipped, too.
    expect(await load(workspace, [golden('artifact.tar')], call)).toHaveLength(1);
    const chart = `oci-archive:${golden('artifact.tar')}:registry.example.com/golden/chart:1`;
    await expect(load(workspace, [chart], call)).rejects.toMatchObject({ code: 'INVALID' });
  });
});

it('an archive without images can be inspected, but not loaded', async () => {
  const { workspace, call } = await workspaceOf();
  for (const file of ['empty-oci.tar', 'empty-docker.tar']) {
    expect(await inspect(workspace, golden(file), call)).toMatchObject({
      images: [],
      notices: ['it holds no image'],
    });
    await expect(load(workspace, [golden(file)], call)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  }
});

it.each([
  ['members: 3', 'docker-25.tar'],
  ['unpacked: 5KB', 'podman-oci.tar.zst'],
  ['manifest: 400B', 'docker-25.tar'],
  ['json_depth: 2', 'docker-25.tar'],
  ['index_depth: 1', 'nested-index.tar'],
  ['tar_header: 100B', 'long-names-pax.tar'],
])('archives are read within the limit %s', async (limit, file) => {
  const { workspace, call } = await workspaceOf({ 'stowage.yaml': `limits: { ${limit} }\n` });
  const hint = expect.stringContaining('limits') as string;
  await expect(inspect(workspace, golden(file), call)).rejects.toMatchObject({
    code: 'TOO_LARGE',
    hint,
  });
  const [verified] = await verify(workspace, [golden(file)], call);
  expect(verified?.problems.map(({ code }) => code)).toContain('TOO_LARGE');
});

describe('a name that is not in the catalog', () => {
  it('gets a similar name as a hint, if there is one', async () => {
    const { workspace, call } = await workspaceOf();
    await savePath(workspace, BASE, call);
    await expect(inspect(workspace, 'ap-debian-12-base', call)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: expect.stringMatching(`^Did you mean ${NAME}\\? \`list\\(\\)\``) as string,
    });
    await expect(inspect(workspace, 'web-windows-2025-x', call)).rejects.toMatchObject({
      hint: expect.stringMatching(/^`list\(\)`/) as string,
    });
  });
});

it('concurrent readers of an archive that is replaced see the old one or the new one', async () => {
  const { workspace, call, cwd } = await workspaceOf();
  await savePath(workspace, BASE, call);
  let isDone = false;
  const replace = async () => {
    for (let round = 0; round < 30; round++) {
      await writeFile(join(cwd, BASE, 'files/a'), `${round}\n`);
      await savePath(workspace, BASE, call);
    }
    isDone = true;
  };
  const read = async () => {
    while (!isDone) expect((await inspect(workspace, NAME, call)).images).toHaveLength(1);
  };
  await Promise.all([replace(), read(), read(), read(), read()]);
});
