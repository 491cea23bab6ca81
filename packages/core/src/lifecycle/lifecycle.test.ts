import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BASE, buildPath, HEAD, NAME, savePath, workspaceOf } from '../../testing/workspace.js';
import { inspect } from './inspect/inspect.js';
import { listInputs } from './build/list-inputs.js';
import { load } from './load/load.js';
import { save } from './save/save.js';
import { archiveOf } from './workspace/workspace.js';

describe('an image with a definition', () => {
  it('takes a base by name, by path, or by reference in the store, and records its digest', async () => {
    const on = (variant: string, base: string) => ({
      [`apps/app/images/${variant}/image.yaml`]: `project: app\nos: debian-12\nvariant: ${variant}\nbase: ${base}\nlabels: { on: ${variant} }\n`,
    });
    const { workspace, call, cwd } = await workspaceOf({
      ...on('name', NAME),
      ...on('path', './base.tar'),
      ...on('store', 'kept:1'),
      ...on('lost', 'nowhere:1'),
    });
    const { digest } = await savePath(workspace, BASE, call);
    await writeFile(
      join(cwd, 'apps/app/images/path/base.tar'),
      await readFile(archiveOf(workspace, NAME)),
    );
    await load(workspace, [NAME], { ...call, as: 'kept:1' });
    for (const variant of ['name', 'path', 'store']) {
      const saved = await savePath(workspace, `apps/app/images/${variant}`, call);
      const record = JSON.parse(await readFile(saved.record ?? '', 'utf8')) as {
        base: { digest: string };
        diffIds: string[];
      };
      expect(record.base.digest).toBe(digest);
      expect(record.diffIds).toHaveLength(1);
    }
    await expect(savePath(workspace, 'apps/app/images/lost', call)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('is built again only when one of its inputs changed', async () => {
    const { workspace, call, cwd } = await workspaceOf();
    const make = async () => (await savePath(workspace, BASE, call)).action;
    expect(await make()).toBe('saved');
    expect(await make()).toBe('skipped');
    await writeFile(join(cwd, BASE, 'not-copied'), 'x');
    expect(await make()).toBe('skipped');
    await writeFile(
      join(cwd, BASE, 'image.yaml'),
      `# a comment\n${HEAD}copy: [{ from: files, to: /opt }]\n`,
    );
    expect(await make()).toBe('skipped');
    await writeFile(join(cwd, BASE, 'files/a'), 'b\n');
    expect(await make()).toBe('saved');
    await rm(archiveOf(workspace, NAME));
    expect(await make()).toBe('saved');
    await rm(join(cwd, '.stowage'), { recursive: true });
    expect(await make()).toBe('saved');
  });

  it('is saved again when only its facts change', async () => {
    const { workspace, call, cwd } = await workspaceOf();
    await savePath(workspace, BASE, call);
    await writeFile(
      join(cwd, BASE, 'image.yaml'),
      `${HEAD}copy: [{ from: files, to: /opt }]\nfacts: { tools: [cmake] }\n`,
    );
    expect((await savePath(workspace, BASE, call)).action).toBe('saved');
    expect((await savePath(workspace, BASE, call)).action).toBe('skipped');
    expect(await readFile(join(cwd, 'images/image-registry.yml'), 'utf8')).toContain(
      'tools: [ cmake ]',
    );
  });

  it('is built into an engine once, and again only with force', async () => {
    const { workspace, call } = await workspaceOf();
    expect(await buildPath(workspace, BASE, { ...call, dryRun: true })).toMatchObject({
      action: 'built',
      digest: null,
    });
    expect(await buildPath(workspace, BASE, call)).toMatchObject({
      action: 'built',
      engine: 'embedded',
    });
    expect(await buildPath(workspace, BASE, call)).toMatchObject({ action: 'skipped' });
    expect(await buildPath(workspace, BASE, { ...call, force: true })).toMatchObject({
      action: 'built',
    });
  });

  it('with a Dockerfile needs an engine that can build', async () => {
    const { workspace, call } = await workspaceOf({
      'd/image.yaml': 'project: app\nos: debian-12\nvariant: d\ndockerfile: Dockerfile\n',
      'd/Dockerfile': 'FROM scratch\n',
    });
    await expect(buildPath(workspace, 'd', call)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it("must match the workspace's naming pattern", async () => {
    const { workspace, call, cwd } = await workspaceOf({
      'stowage.yaml': 'naming: { pattern: "^capy-" }\n',
    });
    await expect(savePath(workspace, BASE, call)).rejects.toMatchObject({ code: 'NAMING' });
    expect(await readdir(cwd)).not.toContain('images');
  });

  it('rejects a base for another platform, and names both platforms', async () => {
    const { workspace, call } = await workspaceOf({
      'p/image.yaml': `project: app\nos: debian-12\nvariant: p\nbase: ${NAME}\nplatforms: [linux/s390x]\n`,
    });
    await savePath(workspace, BASE, call);
    await expect(savePath(workspace, 'p', call)).rejects.toThrow(/for linux\/s390x, got linux\//);
  });

  it('lists its input files', async () => {
    const { workspace, call, cwd } = await workspaceOf();
    expect(await listInputs(workspace, BASE, call)).toEqual([join(cwd, BASE, 'files/a')]);
  });
});

describe('loading', () => {
  it('requires a name for an image without one, and rejects one name for several images', async () => {
    const { workspace, call, cwd } = await workspaceOf();
    await savePath(workspace, BASE, call);
    await buildPath(workspace, BASE, call);
    await save(workspace, [NAME], { ...call, output: 'x.tar' });
    const path = join(cwd, 'x.tar');
    const text = (await readFile(path))
      .toString('latin1')
      .replaceAll('io.containerd.image.name', 'io.containerd.image.nope');
    await writeFile(path, text, 'latin1');
    expect(await load(workspace, ['./x.tar'], call)).toMatchObject([
      { action: 'skipped', reference: `docker.io/library/${NAME}:latest` },
    ]);
    await writeFile(path, text.replace('"RepoTags"', '"RepoNope"'), 'latin1');
    await expect(load(workspace, ['./x.tar'], call)).rejects.toMatchObject({
      code: 'USAGE',
      hint: expect.stringMatching(/`as: REFERENCE`.*`repository`/) as string,
    });
    expect(await load(workspace, ['./x.tar'], { ...call, repository: 'team/app' })).toMatchObject([
      { reference: 'docker.io/team/app:latest' },
    ]);
    expect(await load(workspace, ['./x.tar'], { ...call, as: 'named:1' })).toMatchObject([
      { action: 'retagged' },
    ]);
    await expect(
      load(workspace, [NAME, './x.tar'], { ...call, as: 'named:1' }),
    ).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('rejects an image for another platform than requested', async () => {
    const { workspace, call } = await workspaceOf();
    await savePath(workspace, BASE, {
      ...call,
      platforms: [{ os: 'linux', architecture: 'arm64' }],
    });
    const on = (architecture: string) =>
      load(workspace, [NAME], { ...call, platform: { os: 'linux', architecture } });
    await expect(on('amd64')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await on('arm64')).toHaveLength(1);
  });

  it('changes nothing in the engine when a later input is bad', async () => {
    const { workspace, call } = await workspaceOf();
    await savePath(workspace, BASE, call);
    await expect(load(workspace, [NAME, './absent.tar'], call)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(inspect(workspace, `store:${NAME}`, call)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('reports an archive without images', async () => {
    const { workspace, call } = await workspaceOf({
      'empty/index.json': '{"schemaVersion":2,"manifests":[]}',
      'empty/oci-layout': '{"imageLayoutVersion":"1.0.0"}',
    });
    expect((await inspect(workspace, './empty', call)).notices).toEqual(['it holds no image']);
    await expect(load(workspace, ['./empty'], call)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
