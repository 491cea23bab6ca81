import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BASE, HEAD, NAME, savePath, workspaceOf } from '../../../testing/workspace.js';
import { load } from '../load/load.js';
import { archiveOf } from '../workspace/workspace.js';

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
    await expect(savePath(workspace, 'p', call)).rejects.toThrow(
      /is for linux\/.*, not for linux\/s390x/,
    );
  });
});
