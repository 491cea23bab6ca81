import { describe, expect, it } from 'vitest';
import { BASE, buildPath, workspaceOf } from '../../../testing/workspace.js';

describe('an image with a definition', () => {
  it('is built into an engine once, and again only with force or without a cache', async () => {
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
    for (const more of [{ force: true }, { noCache: true }])
      expect(await buildPath(workspace, BASE, { ...call, ...more })).toMatchObject({
        action: 'built',
      });
  });

  it('that no engine builds pulls nothing', async () => {
    const { workspace, call } = await workspaceOf();
    await expect(buildPath(workspace, BASE, { ...call, pull: true })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
  });

  it('with a Dockerfile needs an engine that can build', async () => {
    const { workspace, call } = await workspaceOf({
      'd/image.yaml': 'project: app\nos: debian-12\nvariant: d\ndockerfile: Dockerfile\n',
      'd/Dockerfile': 'FROM scratch\n',
    });
    await expect(buildPath(workspace, 'd', call)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
