import { parseDefinition } from '@stowage/core/definition';
import { describe, expect, it } from 'vitest';
import type { Image } from './image.js';
import { normalizeOptions } from './options.js';
import { groupsOf, imageProject, ownerTargets, type InferOptions } from './targets.js';

const HEAD = 'project: app\nos: debian-12\nvariant: base\n';
const image = (yaml = ''): Image => ({
  file: 'apps/app/images/base/image.yaml',
  root: 'apps/app/images/base',
  name: 'app-debian-12-base',
  owner: { root: 'apps/app', name: '@org/app', isProject: true },
  definition: parseDefinition({ text: HEAD + yaml, path: 'image.yaml' }),
});

function options(more: Partial<InferOptions> = {}): InferOptions {
  return {
    targets: normalizeOptions(undefined),
    workspaceRoot: '/none',
    imagesFolder: 'images',
    isShared: false,
    platform: 'linux/arm64',
    inCycles: new Set(),
    ...more,
  };
}
const targetsOf = (...args: [Image, InferOptions?]) =>
  imageProject(args[0], args[1] ?? options()).targets ?? {};

describe('the targets of an image', () => {
  it('cache the archive alone', () => {
    const targets = targetsOf(image());
    const cached = Object.entries(targets).filter(([, { cache }]) => cache === true);
    expect(cached.map(([name]) => name)).toEqual(['image-save']);
    expect(targets['image-save']).toMatchObject({
      outputs: [
        '{workspaceRoot}/images/app/app-debian-12-base.tar',
        '{workspaceRoot}/images/app/app-debian-12-base.image.json',
      ],
      options: { platforms: ['linux/arm64'] },
    });
    expect(targets).not.toHaveProperty('image-report');
  });

  it('are the group of an image, and those of an owner are its group', () => {
    const { targets, metadata } = imageProject(image(), options());
    expect(metadata?.targetGroups).toEqual({ Image: Object.keys(targets ?? {}) });
    const owned = ownerTargets([image()], options());
    expect(groupsOf(owned).Image).toEqual(Object.keys(owned));
    expect(groupsOf(owned).Image).not.toContain('image-run');
  });

  it('have the platforms of the definition', () => {
    const targets = targetsOf(image('platforms: [linux/amd64, linux/arm64]\n'));
    expect(targets['image-save']?.options).toMatchObject({
      platforms: ['linux/amd64', 'linux/arm64'],
    });
  });

  it('depend on the base in the workspace, and on the tasks of after:', () => {
    const dependsOn = (yaml: string, more: Partial<InferOptions> = {}) =>
      targetsOf(image(yaml), options(more))['image-save']?.dependsOn;
    expect(dependsOn('base: other-debian-12-base\nafter: [build, lib:dist]\n')).toEqual([
      { projects: ['other-debian-12-base'], target: 'image-save' },
      { projects: ['@org/app'], target: 'build' },
      { projects: ['lib'], target: 'dist' },
    ]);
    expect(dependsOn('base: ubuntu:25.04\n')).toEqual([]);
    const inCycle = image('base: other-debian-12-base\n');
    const inCycles = new Set([inCycle]);
    expect(targetsOf(inCycle, options({ inCycles }))['image-save']?.dependsOn).toEqual([]);
  });

  it('run it as a container, after it was loaded, while the task runs', () => {
    expect(targetsOf(image())['image-run']).toMatchObject({
      executor: '@stowage/images:run',
      continuous: true,
      dependsOn: ['image-load'],
    });
  });

  it('of an invalid definition are there, without outputs', () => {
    const { definition: _, ...invalid } = image();
    expect(targetsOf(invalid)['image-save']).toMatchObject({ outputs: [], dependsOn: [] });
  });
});

it('the targets of an owner run those of all its images; one registry serves them', () => {
  const targets = ownerTargets([image(), { ...image(), name: 'b' }], options());
  expect(targets['image-save']).toMatchObject({
    executor: '@stowage/images:save',
  });
  expect(targets['image-serve']).toMatchObject({
    continuous: true,
    options: { inputs: ['app-debian-12-base', 'b'] },
  });
  expect(targets['image-report']).toMatchObject({ executor: '@stowage/images:report' });
});
