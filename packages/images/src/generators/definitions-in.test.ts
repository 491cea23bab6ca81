import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { expect, it } from 'vitest';
import { definitionsIn } from './definitions-in.js';

const DEFINITION = 'project: app\nos: debian-12\nvariant: base\n';

it('the definitions of a workspace are the valid ones in folders named images', () => {
  const tree = createTreeWithEmptyWorkspace();
  for (const [path, text] of Object.entries({
    'apps/app/images/base/image.yaml': DEFINITION,
    'images/top/image.yaml': DEFINITION.replace('base', 'top'),
    'apps/app/images/bad/image.yaml': 'project: 7\n',
    'apps/app/images/deep/er/image.yaml': DEFINITION,
    'apps/app/other/base/image.yaml': DEFINITION,
    'apps/app/images/base/other.yaml': DEFINITION,
    'dist/images/base/image.yaml': DEFINITION,
    '.gitignore': 'dist\n',
  }))
    tree.write(path, text);
  const found = definitionsIn(tree);
  expect([...found].map(([path, { variant }]) => [path, variant]).sort()).toEqual([
    ['apps/app/images/base/image.yaml', 'base'],
    ['images/top/image.yaml', 'top'],
  ]);
});
