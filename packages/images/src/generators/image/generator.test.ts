import { addProjectConfiguration, type Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import imageGenerator, { type ImageGeneratorSchema } from './generator.js';

let tree: Tree;
beforeEach(() => {
  tree = createTreeWithEmptyWorkspace();
  addProjectConfiguration(tree, '@org/app', { root: 'apps/app' });
});

const image = { project: '@org/app', os: 'ubuntu:25.04', variant: 'gcc15', skipFormat: true };
const DEFINITION = 'apps/app/images/ubuntu-25.04-gcc15/image.yaml';

describe('image', () => {
  it('writes a toolchain on the official image when the variant names a compiler', async () => {
    await imageGenerator(tree, image);
    expect(parse(tree.read(DEFINITION, 'utf8') ?? '')).toEqual({
      project: 'app',
      os: 'ubuntu-25.04',
      variant: 'gcc15',
      base: 'ubuntu:25.04',
      compilers: ['gcc15'],
    });
  });

  it('writes packages, files or a Dockerfile when it is told to', async () => {
    await imageGenerator(tree, { ...image, variant: 'a', packages: ['curl'] });
    const text = tree.read('apps/app/images/ubuntu-25.04-a/image.yaml', 'utf8') ?? '';
    expect(parse(text)).toMatchObject({ base: 'ubuntu:25.04', packages: ['curl'] });
    await imageGenerator(tree, { ...image, variant: 'b' });
    expect(tree.exists('apps/app/images/ubuntu-25.04-b/files/README.md')).toBe(true);
  });

  it('takes the short name of a project, but no image', async () => {
    await imageGenerator(tree, { ...image, project: 'app' });
    expect(tree.exists(DEFINITION)).toBe(true);
    addProjectConfiguration(tree, 'app-x', { root: 'apps/app/images/x', tags: ['image'] });
    await expect(imageGenerator(tree, { ...image, project: 'app-x' })).rejects.toThrow(
      'project: no project "app-x"; the projects are @org/app',
    );
  });

  it('makes a name of a project whose own breaks the rule', async () => {
    addProjectConfiguration(tree, 'My_Tool', { root: 'apps/tool' });
    await imageGenerator(tree, { ...image, project: 'My_Tool' });
    expect(tree.read('apps/tool/images/ubuntu-25.04-gcc15/image.yaml', 'utf8')).toContain(
      'project: my-tool\n',
    );
  });

  it('writes a definition under the conventional name', async () => {
    await imageGenerator(tree, { ...image, content: 'files' });
    expect(tree.read(DEFINITION, 'utf8')).toContain(
      'project: app\nos: ubuntu-25.04\nvariant: gcc15\ncopy:\n  - from: files\n    to: /opt/app\n',
    );
    expect(tree.exists('apps/app/images/ubuntu-25.04-gcc15/files/README.md')).toBe(true);
  });

  it('writes a Dockerfile on a base, or on the operating system', async () => {
    await imageGenerator(tree, { ...image, content: 'dockerfile', base: 'app-ubuntu-25.04-base' });
    expect(tree.read('apps/app/images/ubuntu-25.04-gcc15/Dockerfile', 'utf8')).toBe(
      'ARG BASE\nFROM ${BASE}\n',
    );
    await imageGenerator(tree, { ...image, variant: 'x', content: 'dockerfile' });
    expect(tree.read('apps/app/images/ubuntu-25.04-x/Dockerfile', 'utf8')).toBe(
      'FROM ubuntu:25.04\n',
    );
  });

  it('does not change an existing definition', async () => {
    tree.write(DEFINITION, 'mine\n');
    await imageGenerator(tree, image);
    expect(tree.read(DEFINITION, 'utf8')).toBe('mine\n');
  });

  it.each<[Partial<ImageGeneratorSchema>, string, RegExp]>([
    [{ variant: 'GCC 15' }, 'NAMING', /nearest valid name is app-ubuntu-25\.04-gcc-15/],
    [{ os: 'ubuntu' }, 'NAMING', /<distribution>-<version>/],
    [{ project: 'nope' }, 'NOT_FOUND', /no project "nope"; the projects are @org\/app/],
    [{ content: 'dockerfile', copy: 'files' }, 'USAGE', /for content files, not for dockerfile/],
    [{ variant: 'x', content: 'toolchain' }, 'USAGE', /it begins with a compiler/],
  ])('refuses %j', async (more, code, message) => {
    const making = imageGenerator(tree, { ...image, ...more });
    await expect(making).rejects.toThrow(message);
    await expect(making).rejects.toMatchObject({ code });
  });

  it('refuses a project whose last name segment another project with images has', async () => {
    addProjectConfiguration(tree, '@other/app', { root: 'libs/app' });
    await imageGenerator(tree, image);
    await expect(imageGenerator(tree, { ...image, project: '@other/app' })).rejects.toMatchObject({
      code: 'NAMING',
    });
  });
});

describe('image from a workflow', () => {
  const WORKFLOW = `
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        compiler: [gcc]
        version: [14, 15]
        packages: [libssl-dev cmake]
    steps: []
  again:
    runs-on: ubuntu-24.04
    strategy:
      matrix: { include: [{ compiler: gcc, version: 15, packages: libssl-dev zlib1g-dev }] }
    steps: []
  elsewhere:
    runs-on: windows-latest
    steps: []
`;

  it('writes one definition for each name, with the packages of all its jobs', async () => {
    tree.write('.github/workflows/ci.yml', WORKFLOW);
    const schema = {
      project: '@org/app',
      fromWorkflow: '.github/workflows/ci.yml',
      skipFormat: true,
    };
    await imageGenerator(tree, schema);
    const folder = 'apps/app/images';
    expect(tree.children(folder).sort()).toEqual(['ubuntu-24.04-gcc14', 'ubuntu-24.04-gcc15']);
    const text = tree.read(`${folder}/ubuntu-24.04-gcc15/image.yaml`, 'utf8') ?? '';
    expect(text).toMatch(
      /^# yaml-language-server: .*\n# app-ubuntu-24\.04-gcc15: how this image is made/,
    );
    expect(parse(text)).toEqual({
      project: 'app',
      os: 'ubuntu-24.04',
      variant: 'gcc15',
      base: 'ubuntu:24.04',
      compilers: ['gcc15'],
      packages: ['libssl-dev', 'cmake', 'zlib1g-dev'],
    });
  });

  it('leaves out a job whose requirements are invalid, and reads the workflows that jobs call', async () => {
    tree.write(
      'ci.yml',
      `jobs:\n  bad: { runs-on: debian-12, strategy: { matrix: { variant: [Ä] } } }\n  tests: { uses: ./.github/workflows/t.yml, with: { cc: gcc-13 } }\n`,
    );
    tree.write(
      '.github/workflows/t.yml',
      'jobs: { t: { runs-on: debian-12, strategy: { matrix: { cc: ["${{ inputs.cc }}"] } } } }\n',
    );
    await imageGenerator(tree, { project: '@org/app', fromWorkflow: 'ci.yml', skipFormat: true });
    expect(tree.children('apps/app/images')).toEqual(['debian-12-gcc13']);
  });

  it.each([
    [{ fromWorkflow: 'none.yml' }, /none\.yml: no such workflow/],
    [{ fromWorkflow: 'empty.yml' }, /empty\.yml: no job needs an image/],
    [{ os: 'ubuntu-24.04' }, /give --os and --variant, or --from-workflow/],
  ])('refuses %j', async (said, message) => {
    tree.write('empty.yml', 'on: push\njobs: { a: { runs-on: windows-latest, steps: [] } }\n');
    await expect(imageGenerator(tree, { project: '@org/app', ...said })).rejects.toThrow(message);
  });
});
