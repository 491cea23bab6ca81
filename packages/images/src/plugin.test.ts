import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { CreateNodesContext, NxJsonConfiguration, ProjectConfiguration } from '@nx/devkit';
import { expect, it, onTestFinished } from 'vitest';
import { createDependencies, createNodes, createNodesV2 } from './plugin.js';

const APP = { 'apps/app/project.json': '{"name":"app"}' };

/** Infers a workspace of these files; projects by root, later results merged over earlier ones. */
async function infer(
  files: Readonly<Record<string, string>>,
  nxJsonConfiguration: NxJsonConfiguration = {},
) {
  const workspaceRoot = mkdtempSync(join(tmpdir(), 'stowage-plugin-'));
  onTestFinished(() => rmSync(workspaceRoot, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(workspaceRoot, path)), { recursive: true });
    writeFileSync(join(workspaceRoot, path), text);
  }
  const definitions = Object.keys(files).filter((path) => path.endsWith('/image.yaml'));
  const context = { workspaceRoot, nxJsonConfiguration } as CreateNodesContext;
  const results = await createNodes[1](definitions, undefined, context);
  const projects: Record<string, Partial<ProjectConfiguration>> = {};
  const external: Record<string, unknown> = {};
  for (const [, result] of results) {
    Object.assign(external, result.externalNodes);
    for (const [root, project] of Object.entries(result.projects ?? {}))
      projects[root] = { ...projects[root], ...project };
  }
  return { projects, external, workspaceRoot, definitions };
}

const definition = (variant: string, more = '') =>
  `project: app\nos: ubuntu-25.04\nvariant: ${variant}\n${more}`;

it('has a record and an unshared archive as outputs in a workspace with a share', async () => {
  const { projects } = await infer({
    ...APP,
    'stowage.yaml': 'share: { repository: registry.example.com/team/images }\n',
    'apps/app/images/ubuntu-25.04-gcc15/image.yaml': definition('gcc15'),
  });
  const image = projects['apps/app/images/ubuntu-25.04-gcc15'];
  expect(image?.targets?.['image-save']?.outputs).toEqual([
    '{workspaceRoot}/.stowage/unshared/app-ubuntu-25.04-gcc15.tar',
    '{workspaceRoot}/images/app/app-ubuntu-25.04-gcc15.image.json',
  ]);
  expect(image?.targets?.['image-archive']).toMatchObject({
    cache: false,
    dependsOn: ['image-save'],
  });
});

it('exports one plugin under both names', () => {
  expect(createNodesV2).toBe(createNodes);
});

it('infers a project for each definition, and targets for all its images on the owner', async () => {
  const { projects } = await infer({
    ...APP,
    'apps/app/images/ubuntu-25.04-gcc15/image.yaml': definition(
      'gcc15',
      'copy: [{ from: files, to: /a }]\n',
    ),
    'apps/app/images/ubuntu-25.04-asan/image.yaml': definition('asan'),
  });
  const image = projects['apps/app/images/ubuntu-25.04-gcc15'];
  expect(image?.name).toBe('app-ubuntu-25.04-gcc15');
  expect(Object.keys(image?.targets ?? {})).toEqual([
    'image-save',
    'image-load',
    'image-archive',
    'image-build',
    'image-verify',
    'image-push',
    'image-prune',
    'image-run',
    'image-serve',
    'nx-release-publish',
  ]);
  expect(image?.targets?.['image-serve']).toMatchObject({
    continuous: true,
    dependsOn: [{ projects: ['app-ubuntu-25.04-gcc15'], target: 'image-save' }],
    options: { inputs: ['app-ubuntu-25.04-gcc15'] },
  });
  const both = ['app-ubuntu-25.04-gcc15', 'app-ubuntu-25.04-asan'];
  expect(projects['apps/app']?.targets?.['image-serve']).toMatchObject({
    continuous: true,
    dependsOn: [{ projects: both, target: 'image-save' }],
    options: { inputs: both },
  });
  expect(projects['apps/app']?.targets?.['image-report']?.executor).toBe('@stowage/images:report');
  expect(image?.targets?.['image-save']).toMatchObject({
    cache: true,
    outputs: [
      '{workspaceRoot}/images/app/app-ubuntu-25.04-gcc15.tar',
      '{workspaceRoot}/images/app/app-ubuntu-25.04-gcc15.image.json',
    ],
    options: {
      definition: '{projectRoot}/image.yaml',
      platforms: [expect.stringMatching(/^linux\//) as string],
    },
  });
  expect(image?.tags).toEqual(['image', 'image:app']);
  // The executor's options are shown by --help; it leaves the work to the images.
  expect(projects['apps/app']?.targets?.['image-load']).toMatchObject({
    executor: '@stowage/images:load',
    dependsOn: [{ projects: both, target: 'image-load', params: 'forward' }],
    options: { images: both },
    metadata: { help: { command: 'npx nx run app:image-load --help' } },
  });
});

it('makes a save task depend on that of its base and on the tasks of after:', async () => {
  const { projects, workspaceRoot, definitions } = await infer({
    ...APP,
    'apps/app/images/base/image.yaml': definition('base'),
    'apps/app/images/top/image.yaml': definition(
      'top',
      'base: app-ubuntu-25.04-base\nafter: [build, "@org/lib:pack"]\ncontext: ../..\ncopy: [{ from: dist, to: /a }]\n',
    ),
  });
  const save = projects['apps/app/images/top']?.targets?.['image-save'];
  expect(save?.dependsOn).toEqual([
    { projects: ['app-ubuntu-25.04-base'], target: 'image-save' },
    { projects: ['app'], target: 'build' },
    { projects: ['@org/lib'], target: 'pack' },
  ]);
  expect(save?.inputs).toEqual(
    expect.arrayContaining([
      '{workspaceRoot}/apps/app/dist/**/*',
      { dependentTasksOutputFiles: '**/*.image.json', transitive: false },
      { dependentTasksOutputFiles: 'apps/app/dist/**/*', transitive: false },
    ]),
  );
  const byName = Object.fromEntries(
    [...Object.values(projects), { name: '@org/lib', root: 'lib' }].map((each) => [
      each.name ?? '',
      each as ProjectConfiguration,
    ]),
  );
  const dependencies = await createDependencies(undefined, {
    workspaceRoot,
    projects: byName,
    nxJsonConfiguration: {},
    externalNodes: {},
    fileMap: {
      nonProjectFiles: [],
      projectFileMap: { x: definitions.map((file) => ({ file, hash: '' })) },
    },
    filesToProcess: { nonProjectFiles: [], projectFileMap: {} },
  });
  expect(dependencies.map(({ source, target }) => `${source} -> ${target}`)).toEqual([
    'app-ubuntu-25.04-top -> app-ubuntu-25.04-base',
    'app-ubuntu-25.04-top -> app',
    'app-ubuntu-25.04-top -> @org/lib',
  ]);
});

it('infers a project with targets for an invalid definition', async () => {
  const { projects } = await infer({
    ...APP,
    'apps/app/images/ubuntu-25.04-x/image.yaml': 'nonsense: [',
  });
  expect(projects['apps/app/images/ubuntu-25.04-x']).toMatchObject({
    name: 'app-ubuntu-25.04-x',
    targets: { 'image-save': { executor: '@stowage/images:save' } },
  });
});

it('names two definitions of one name by their paths', async () => {
  const { projects } = await infer({
    ...APP,
    'apps/b/project.json': '{"name":"b"}',
    'apps/app/images/one/image.yaml': definition('x'),
    'apps/b/images/two/image.yaml': definition('x'),
  });
  expect(projects['apps/app/images/one']?.name).toBe('apps-app-images-one');
  expect(projects['apps/b/images/two']?.name).toBe('apps-b-images-two');
});

it('adds no targets to a folder that is no project', async () => {
  const { projects } = await infer({
    'package.json': '{"name":"root"}',
    'images/ubuntu-25.04-x/image.yaml': definition('x'),
  });
  expect(Object.keys(projects)).toEqual(['images/ubuntu-25.04-x']);
});

it('gives an owner that another plugin infers the targets, and leaves its name to that plugin', async () => {
  const files = {
    'apps/app/build.gradle': '',
    'apps/app/docker/images/x/image.yaml': definition('x', 'after: [build]\n'),
  };
  const gradle = { plugins: ['@nx/gradle'] };
  const { projects } = await infer(files, gradle);
  expect(projects['apps/app']).not.toHaveProperty('name');
  expect(projects['apps/app']?.targets).toHaveProperty('image-save');
  expect(projects['apps/app/docker/images/x']?.targets?.['image-save']?.dependsOn).toEqual([
    { projects: ['directory:apps/app'], target: 'build' },
  ]);
  expect(Object.keys((await infer(files)).projects)).toEqual(['apps/app/docker/images/x']);
});

it('adds targets to the owner that a definition names', async () => {
  const { projects } = await infer({
    ...APP,
    'tools/images/x/image.yaml': definition('x', 'owner: ../../../apps/app\n'),
    'tools/images/y/image.yaml': definition('y', 'owner: ../../../nowhere\n'),
  });
  expect(projects['apps/app']?.targets?.['image-save']?.dependsOn).toMatchObject([
    { projects: ['app-ubuntu-25.04-x'] },
  ]);
  expect(projects).not.toHaveProperty('nowhere');
});

it('depends on a base that another registration of the plugin infers', async () => {
  const { projects } = await infer({
    ...APP,
    'apps/app/images/top/image.yaml': definition('top', 'base: lib-debian-12-base\n'),
    'apps/app/images/out/image.yaml': definition('out', 'base: debian:12\n'),
  });
  const needs = (image: string) =>
    projects[`apps/app/images/${image}`]?.targets?.['image-save']?.dependsOn;
  expect(needs('top')).toEqual([{ projects: ['lib-debian-12-base'], target: 'image-save' }]);
  expect(needs('out')).toEqual([]);
});

it('excludes files of .dockerignore from the hash, unless it has exceptions', async () => {
  const save = async (ignore: string) => {
    const files = {
      ...APP,
      'apps/app/images/x/image.yaml': definition('x', 'dockerfile: Dockerfile\n'),
      'apps/app/images/x/.dockerignore': ignore,
    };
    return (await infer(files)).projects['apps/app/images/x']?.targets?.['image-save']?.inputs;
  };
  expect(await save('*.log\n# no\n/tmp\n')).toEqual(
    expect.arrayContaining([
      '!{workspaceRoot}/apps/app/images/x/*.log',
      '!{workspaceRoot}/apps/app/images/x/tmp/**/*',
    ]),
  );
  expect(await save('*.log\n!keep.log\n')).not.toContain(
    '!{workspaceRoot}/apps/app/images/x/*.log',
  );
});

it('hashes an ignored Dockerfile, and takes the rules beside it first', async () => {
  const root = 'apps/app/images/x';
  const save = async (rules: Readonly<Record<string, string>>) => {
    const files = {
      ...APP,
      [`${root}/image.yaml`]: definition('x', 'dockerfile: ci/Dockerfile\n'),
      ...Object.fromEntries(Object.entries(rules).map(([name, text]) => [`${root}/${name}`, text])),
    };
    const inputs = (await infer(files)).projects[root]?.targets?.['image-save']?.inputs ?? [];
    const prefix = `!{workspaceRoot}/${root}/`;
    return inputs.flatMap((each) =>
      typeof each === 'string' && each.startsWith(prefix) && !each.endsWith('/**/*')
        ? [each.slice(prefix.length)]
        : [],
    );
  };
  const text = '*\nci\n/ci/\nci/Dockerfile\n**/Docker*\n*.log\nci/x\ndocs\n';
  expect(await save({ '.dockerignore': text })).toEqual(['*.log', 'ci/x', 'docs']);
  const own = { '.dockerignore': 'a\n', 'ci/Dockerfile.dockerignore': 'b\n' };
  expect(await save(own)).toEqual(['b']);
});

it('infers options without values of the definition or paths of the machine', async () => {
  const files = {
    ...APP,
    'apps/app/images/x/image.yaml': definition('x', 'env: { SECRET: hunter2 }\n'),
  };
  const text = JSON.stringify((await infer(files)).projects);
  expect(text).not.toContain('hunter2');
  expect(text).not.toContain(tmpdir());
});

it('leaves a cycle of bases out of the task dependencies, so that only its images fail', async () => {
  const image = (variant: string, base: string) => ({
    [`apps/app/images/ubuntu-25.04-${variant}/image.yaml`]: definition(
      variant,
      `base: app-ubuntu-25.04-${base}\n`,
    ),
  });
  const { projects } = await infer({
    ...APP,
    ...image('a', 'b'),
    ...image('b', 'a'),
    ...image('c', 'b'),
  });
  const needs = (variant: string) =>
    projects[`apps/app/images/ubuntu-25.04-${variant}`]?.targets?.['image-save']?.dependsOn;
  expect([needs('a'), needs('b')]).toEqual([[], []]);
  expect(needs('c')).toEqual([{ projects: ['app-ubuntu-25.04-b'], target: 'image-save' }]);
});

it('makes a locked outside base a node of the graph, and an input', async () => {
  const folder = 'apps/app/images/ubuntu-25.04-gcc15';
  const digest = `sha256:${'1'.repeat(64)}`;
  const { projects, external } = await infer({
    ...APP,
    [`${folder}/image.yaml`]: definition('gcc15', 'base: debian:12\nrun: [make]\n'),
    [`${folder}/image.lock.yaml`]: `base: debian:12\ndigest: ${digest}\n`,
  });
  expect(external).toEqual({
    'oci:debian:12': {
      type: 'oci',
      name: 'oci:debian:12',
      data: { version: digest, packageName: 'debian:12', hash: digest },
    },
  });
  expect(projects[folder]?.targets?.['image-save']?.inputs).toContainEqual({
    externalDependencies: ['oci:debian:12'],
  });
});
