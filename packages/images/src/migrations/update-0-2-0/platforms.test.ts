import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { expect, it } from 'vitest';
import migrate, { withPlatforms } from './platforms.js';

it.each([
  [
    '# mine\nproject: app\nplatform: linux/arm64 # here\nos: x-1\n',
    '# mine\nproject: app\nplatforms: [ linux/arm64 ] # here\nos: x-1\n',
  ],
  ['project: app\n', 'project: app\n'],
  ['platforms: [a]\n', 'platforms: [a]\n'],
  ['platform: [\n', 'platform: [\n'],
  ['', ''],
])('migrates %j to %j', (before, after) => {
  expect(withPlatforms(before)).toBe(after);
});

it('changes only definitions, and nothing the second time', () => {
  const tree = createTreeWithEmptyWorkspace();
  const definition = 'apps/app/images/debian-12-x/image.yaml';
  tree.write(definition, 'platform: linux/amd64\n');
  tree.write('apps/app/image.yaml', 'platform: linux/amd64\n');
  migrate(tree);
  migrate(tree);
  expect(tree.read(definition, 'utf8')).toBe('platforms: [ linux/amd64 ]\n');
  expect(tree.read('apps/app/image.yaml', 'utf8')).toBe('platform: linux/amd64\n');
});
