import { openWorkspace, type ImageError } from '@stowage/core';
import { expect, it } from 'vitest';
import { NAME, OPTIONS, taskOf } from '../../testing/task.js';
import { ownDefinition } from './own-definition.js';

const SAME = {
  'apps/other/images/base/image.yaml': 'project: app\nos: debian-12\nvariant: base\n',
};

async function start(files = {}, projectName = NAME) {
  const { root, context } = await taskOf(files);
  const workspace = await openWorkspace(root);
  const { nodes } = context.projectGraph;
  const node = { ...nodes[NAME], name: projectName } as (typeof nodes)[string];
  const task = {
    ...context,
    projectName,
    projectGraph: { nodes: { [projectName]: node }, dependencies: {} },
  };
  const read = () => ownDefinition(workspace, OPTIONS.definition, { cwd: root }, task);
  return { read };
}

it('the definition of a task is read by its path', async () => {
  const { read } = await start();
  expect((await read()).definition.name).toBe(NAME);
});

it('a project that is not called like its image must be alone with that name', async () => {
  expect((await (await start({}, 'other')).read()).definition.name).toBe(NAME);
  const { read } = await start(SAME, 'other');
  await expect(read()).rejects.toMatchObject({ code: 'NAMING' } satisfies Partial<ImageError>);
  // The plugin gives a project the name of its image only where that is unique.
  expect((await (await start(SAME)).read()).definition.name).toBe(NAME);
});
