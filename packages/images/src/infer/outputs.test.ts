import { parseDefinition } from '@stowage/core/definition';
import { expect, it } from 'vitest';
import type { Image } from './image.js';
import { outputsOf } from './outputs.js';

const NAME = 'app-debian-12-base';
const text = 'project: app\nos: debian-12\nvariant: base\n';
const image = { name: NAME, definition: parseDefinition({ text, path: 'x' }) } as Image;
const RECORD = `{workspaceRoot}/kept/app/${NAME}.image.json`;

it.each([
  [false, `{workspaceRoot}/kept/app/${NAME}.tar`],
  [true, `{workspaceRoot}/.stowage/unshared/${NAME}.tar`],
])('the outputs of a save are the archive and its record, with a share: %s', (isShared, tar) => {
  expect(outputsOf(image, { imagesFolder: 'kept', isShared })).toEqual([tar, RECORD]);
});

it('an invalid definition has no outputs', () => {
  const { definition: _, ...invalid } = image;
  expect(outputsOf(invalid, { imagesFolder: 'kept', isShared: false })).toEqual([]);
});
