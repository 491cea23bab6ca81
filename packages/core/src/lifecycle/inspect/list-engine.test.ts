import { expect, it } from 'vitest';
import { BASE, NAME, savePath, workspaceOf } from '../../../testing/workspace.js';
import { load } from '../load/load.js';
import { listEngine } from './list-engine.js';

it('the images of an engine are sorted by their first name', async () => {
  const { workspace, call } = await workspaceOf();
  expect((await listEngine(workspace, call)).images).toEqual([]);
  const { digest } = await savePath(workspace, BASE, call);
  for (const name of ['z:1', 'a:1']) await load(workspace, [NAME], { ...call, as: name });
  const { images } = await listEngine(workspace, call);
  expect(images).toMatchObject([
    { id: digest, references: ['docker.io/library/a:1', 'docker.io/library/z:1'] },
  ]);
});
