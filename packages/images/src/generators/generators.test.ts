import { addProjectConfiguration, readJson, type Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import imageGenerator from './image/generator.js';
import initGenerator from './init/generator.js';

let tree: Tree;
beforeEach(() => {
  tree = createTreeWithEmptyWorkspace();
  addProjectConfiguration(tree, '@org/app', { root: 'apps/app' });
});

const image = { project: '@org/app', os: 'ubuntu:25.04', variant: 'gcc15', skipFormat: true };
const DEFINITION = 'apps/app/images/ubuntu-25.04-gcc15/image.yaml';

describe('init', () => {
  it("registers the plugin, the settings, the ignores and devkit at Nx's own range", () => {
    initGenerator(tree, { skipFormat: true });
    expect(readJson<{ plugins: unknown[] }>(tree, 'nx.json').plugins).toEqual([
      { plugin: '@stowage/images', options: {} },
    ]);
    expect(tree.read('stowage.yaml', 'utf8')).toContain('engine: auto');
    expect(tree.read('.gitignore', 'utf8')).toContain('/images/*/*.tar*\n');
    const { devDependencies } = readJson<{ devDependencies: Record<string, string> }>(
      tree,
      'package.json',
    );
    expect(devDependencies['@stowage/images']).toBeDefined();
  });

  it('changes nothing the second time', () => {
    initGenerator(tree, { skipFormat: true });
    const before = tree.listChanges().map(({ path, content }) => [path, content?.toString()]);
    initGenerator(tree, { skipFormat: true });
    expect(tree.listChanges().map(({ path, content }) => [path, content?.toString()])).toEqual(
      before,
    );
  });
});

describe('image', () => {
  it('writes a definition under the conventional name', async () => {
    await imageGenerator(tree, image);
    expect(tree.read(DEFINITION, 'utf8')).toContain(
      'project: app\nos: ubuntu-25.04\nvariant: gcc15\ncopy:\n  - from: files\n    to: /opt/app\n',
    );
    expect(tree.exists('apps/app/images/ubuntu-25.04-gcc15/files/README.md')).toBe(true);
  });

  it('writes a Dockerfile on a base, or on the operating system', async () => {
    await imageGenerator(tree, { ...image, dockerfile: true, base: 'app-ubuntu-25.04-base' });
    expect(tree.read('apps/app/images/ubuntu-25.04-gcc15/Dockerfile', 'utf8')).toBe(
      'ARG BASE\nFROM ${BASE}\n',
    );
    await imageGenerator(tree, { ...image, variant: 'x', dockerfile: true });
    expect(tree.read('apps/app/images/ubuntu-25.04-x/Dockerfile', 'utf8')).toBe(
      'FROM ubuntu:25.04\n',
    );
  });

  it('leaves what is there alone', async () => {
    tree.write(DEFINITION, 'mine\n');
    await imageGenerator(tree, image);
    expect(tree.read(DEFINITION, 'utf8')).toBe('mine\n');
  });

  it.each([
    [{ variant: 'GCC 15' }, 'NAMING', /nearest valid name is app-ubuntu-25\.04-gcc-15/],
    [{ os: 'ubuntu' }, 'NAMING', /<distribution>-<version>/],
    [{ project: 'nope' }, 'NOT_FOUND', /expected one of @org\/app, got "nope"/],
    [{ dockerfile: true, copy: 'files' }, 'USAGE', /got both/],
  ])('refuses %j', async (more, code, message) => {
    const making = imageGenerator(tree, { ...image, ...more });
    await expect(making).rejects.toThrow(message);
    await expect(making).rejects.toMatchObject({ code });
  });

  it('refuses a project whose name ends like that of another with images', async () => {
    addProjectConfiguration(tree, '@other/app', { root: 'libs/app' });
    await imageGenerator(tree, image);
    await expect(imageGenerator(tree, { ...image, project: '@other/app' })).rejects.toMatchObject({
      code: 'NAMING',
    });
  });
});
