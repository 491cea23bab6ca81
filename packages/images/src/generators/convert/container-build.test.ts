import type { Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { containerBuild } from './container-build.js';

let tree: Tree;
beforeEach(() => {
  tree = createTreeWithEmptyWorkspace();
});

const build = (options: object, target: object = {}) =>
  containerBuild(tree, 'apps/api', 'container', { options, ...target });

describe('the build of a container target', () => {
  it('has the Dockerfile of its options, of its context, or of its project', () => {
    const file = '{projectRoot}/docker/Dockerfile';
    expect(build({ file })).toMatchObject({ dockerfile: 'apps/api/docker/Dockerfile' });
    expect(build({})).toMatchObject({ dockerfile: 'apps/api/Dockerfile', context: '.' });
    tree.write('ctx/Dockerfile', 'FROM scratch\n');
    expect(build({ context: '{workspaceRoot}/ctx' })).toMatchObject({
      ...{ dockerfile: 'ctx/Dockerfile', context: 'ctx' },
    });
  });

  it.each(['build-args', 'buildArgs', 'args'])('has arguments, which are called %s', (name) => {
    expect(build({ [name]: ['A=1', 'B=x=y'] }).args).toEqual({ A: '1', B: 'x=y' });
    expect(build({ [name]: { A: 1 } }).args).toEqual({ A: '1' });
  });

  it('has stage, network and platforms', () => {
    expect(build({ target: 'run', network: 'host', platforms: 'linux/amd64,linux/arm64' })).toEqual(
      expect.objectContaining({
        ...{ stage: 'run', network: 'host', platforms: ['linux/amd64', 'linux/arm64'] },
      }),
    );
  });

  it('comes after the targets that it depends on', () => {
    const dependsOn = [
      ...['build', { target: 'lint', projects: 'self' }],
      { target: 'build', projects: ['web', 'lib'] },
    ];
    expect(build({}, { dependsOn }).after).toEqual(['build', 'lint', 'web:build', 'lib:build']);
  });
});

describe('what a definition cannot say', () => {
  it.each<[string, object, object, string]>([
    ['a value that the environment has', { args: ['A=$HOME'] }, {}, 'build argument A'],
    ['an argument without a value', { args: ['A'] }, {}, 'build argument A'],
    ['a label that Nx completes', { labels: ['a={projectName}'] }, {}, 'label a'],
    ['an option that is not known', { secrets: ['x'] }, {}, 'secrets'],
    ['targets of dependencies', {}, { dependsOn: ['^build'] }, 'dependsOn ^build'],
    ['a configuration', {}, { configurations: { prod: {} } }, 'configuration prod'],
  ])('is named: %s', (_, options, target, what) => {
    const { notTaken } = build(options, target);
    expect(notTaken.map((each) => each.what)).toEqual([what]);
    expect(notTaken[0]?.isReplaced).toBeUndefined();
  });

  it('is no loss where a target of ours does it', () => {
    expect(build({ push: true, load: false, 'cache-from': ['x'] }).notTaken).toMatchObject([
      { what: 'push', isReplaced: true },
      { what: 'cache-from', isReplaced: true },
    ]);
  });
});
