import { join } from 'node:path';
import { openWorkspace } from '@stowage/core';
import { expect, it } from 'vitest';
import { ARCHIVE, folderOf, NAME } from '../../testing/task.js';
import { inputOf } from './input-of.js';

it.each([
  ['the archive', '', ARCHIVE],
  ['the name in a workspace with a share', 'share: { repository: r.example/images }\n', undefined],
])('the input of a verb is %s', async (_, settings, path) => {
  const root = await folderOf({ 'stowage.yaml': settings });
  const input = inputOf(await openWorkspace(root), { name: NAME, project: 'app' });
  expect(input).toBe(path === undefined ? NAME : join(root, path));
});
