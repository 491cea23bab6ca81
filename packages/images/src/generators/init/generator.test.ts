import { addProjectConfiguration, readJson, type Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { schemaLine } from '../schema-line.js';
import initGenerator from './generator.js';

let tree: Tree;
beforeEach(() => {
  tree = createTreeWithEmptyWorkspace();
  addProjectConfiguration(tree, '@org/app', { root: 'apps/app' });
});

describe('init', () => {
  it('adds the plugin, stowage.yaml, entries of .gitignore, and devkit at the version range of Nx', async () => {
    await initGenerator(tree, { skipFormat: true });
    expect(readJson<{ plugins: unknown[] }>(tree, 'nx.json').plugins).toEqual([
      { plugin: '@stowage/images', options: {} },
    ]);
    const settings = tree.read('stowage.yaml', 'utf8') ?? '';
    expect(settings).toContain('engine: auto');
    expect(settings.startsWith(`${schemaLine('stowage.yaml', 'stowage')}\n`)).toBe(true);
    expect(tree.read('.gitignore', 'utf8')).toContain('/images/*/*.tar*\n');
    const { devDependencies } = readJson<{ devDependencies: Record<string, string> }>(
      tree,
      'package.json',
    );
    expect(devDependencies['@stowage/images']).toBeDefined();
  });

  it('changes nothing the second time', async () => {
    await initGenerator(tree, { skipFormat: true });
    const before = tree.listChanges().map(({ path, content }) => [path, content?.toString()]);
    await initGenerator(tree, { skipFormat: true });
    expect(tree.listChanges().map(({ path, content }) => [path, content?.toString()])).toEqual(
      before,
    );
  });
});

describe('init of other workspaces', () => {
  const devkit = expect.stringMatching(/^\d+\.\d+\.\d+/) as string;

  it('keeps the comments and the order of nx.json', async () => {
    const before = '{\n  // ours\n  "plugins": ["@nx/js"], /* more */\n  "cli": {},\n}\n';
    tree.write('nx.json', before);
    await initGenerator(tree, { skipFormat: true });
    const text = tree.read('nx.json', 'utf8') ?? '';
    expect(text).toMatch(
      /^{\n {2}\/\/ ours\n {2}"plugins": \[\s+"@nx\/js",[^]*\/\* more \*\/[^]*"cli": {}/,
    );
    expect(text).toContain('"@stowage/images:sync"');
  });

  it('adds dependencies to nx.json where there is no package.json', async () => {
    tree.delete('package.json');
    tree.write('nx.json', '{"installation":{"version":"23.2.1"}}');
    expect(await initGenerator(tree, { skipFormat: true })).toBeUndefined();
    expect(readJson(tree, 'nx.json')).toMatchObject({
      installation: { plugins: { '@stowage/images': devkit, '@nx/devkit': devkit } },
    });
    expect(tree.exists('package.json')).toBe(false);
  });

  it('takes the version of Nx, not its range, where that is one of a catalog', async () => {
    const manifest = { devDependencies: { nx: 'catalog:', zod: '^4.0.0' } };
    tree.write('package.json', JSON.stringify(manifest));
    await initGenerator(tree, { skipFormat: true });
    const { devDependencies } = readJson<typeof manifest>(tree, 'package.json');
    expect(devDependencies).toMatchObject({ '@nx/devkit': devkit, nx: 'catalog:' });
    expect(Object.keys(devDependencies)).toEqual(['@nx/devkit', '@stowage/images', 'nx', 'zod']);
  });

  it('refuses a broken nx.json by name', async () => {
    tree.write('nx.json', '{ "plugins": [');
    await expect(initGenerator(tree, { skipFormat: true })).rejects.toThrow(
      /^nx\.json: not a JSON object/,
    );
  });

  it('ignores archives in the folder of the settings', async () => {
    tree.write('stowage.yaml', 'images: archives\n');
    await initGenerator(tree, { skipFormat: true });
    expect(tree.read('.gitignore', 'utf8')).toContain('/archives/*/*.tar*\n');
  });
});
