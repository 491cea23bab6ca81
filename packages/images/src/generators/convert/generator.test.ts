import {
  addProjectConfiguration,
  logger,
  readProjectConfiguration,
  updateProjectConfiguration,
  type Tree,
} from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { parse } from 'yaml';
import convertGenerator from './generator.js';

describe('convert', () => {
  let tree: Tree;
  beforeEach(() => {
    tree = createTreeWithEmptyWorkspace();
    addProjectConfiguration(tree, '@org/app', { root: 'apps/app' });
    addProjectConfiguration(tree, 'api', {
      root: 'apps/api',
      targets: {
        build: { command: 'true' },
        container: {
          executor: '@nx-tools/nx-container:build',
          options: {
            file: '{projectRoot}/docker/Dockerfile',
            'build-args': ['A=1', 'B=x=y,z'],
            platforms: ['linux/amd64', 'linux/arm64'],
            target: 'run',
            push: true,
          },
        },
      },
    });
    tree.write('apps/app/Dockerfile', 'FROM debian:12\n');
    tree.write('apps/api/docker/Dockerfile', 'FROM ubuntu:24.04 AS run\n');
  });

  it('turns Dockerfiles and targets into definitions, and removes the targets', async () => {
    await convertGenerator(tree, { skipFormat: true });
    const definitionIn = (folder: string) =>
      parse(tree.read(`${folder}/image.yaml`, 'utf8') ?? '') as unknown;
    expect(definitionIn('apps/app/images/debian-12-default')).toEqual({
      project: 'app',
      os: 'debian-12',
      variant: 'default',
      dockerfile: 'Dockerfile',
      context: '../..',
    });
    expect(definitionIn('apps/api/images/ubuntu-24.04-default')).toEqual({
      project: 'api',
      os: 'ubuntu-24.04',
      variant: 'default',
      dockerfile: 'apps/api/docker/Dockerfile',
      context: '../../../..',
      args: { A: '1', B: 'x=y,z' },
      target: 'run',
      platforms: ['linux/amd64', 'linux/arm64'],
    });
    expect(Object.keys(readProjectConfiguration(tree, 'api').targets ?? {})).toEqual(['build']);
  });

  it('changes nothing the second time, and only the named project', async () => {
    await convertGenerator(tree, { skipFormat: true, project: 'api', keepTargets: true });
    expect(tree.exists('apps/app/images')).toBe(false);
    expect(readProjectConfiguration(tree, 'api').targets?.['container']).toBeDefined();
    const changes = () =>
      tree.listChanges().map(({ path, content }) => [path, content?.toString()]);
    const before = changes();
    await convertGenerator(tree, { skipFormat: true, project: 'api', keepTargets: true });
    expect(changes()).toEqual(before);
    await expect(convertGenerator(tree, { project: 'none' })).rejects.toThrow(/no project "none"/);
  });

  it('adopts a folder of archives with its older catalog', async () => {
    tree.write('docker-images/image-registry.yml', 'images: []\n');
    await convertGenerator(tree, { skipFormat: true });
    expect(tree.read('stowage.yaml', 'utf8')).toMatch(/engine: auto[^]*^images: docker-images$/m);
    expect(tree.read('docker-images/image-registry.yml', 'utf8')).toBe('images: []\n');
  });

  it('carries over labels and dependencies, and lists and keeps what a definition cannot say', async () => {
    const warned: string[] = [];
    vi.spyOn(logger, 'warn').mockImplementation((text: string) => warned.push(text));
    onTestFinished(() => void vi.restoreAllMocks());
    const project = readProjectConfiguration(tree, 'api');
    const container = project.targets?.['container'];
    updateProjectConfiguration(tree, 'api', {
      ...project,
      targets: {
        container: {
          ...container,
          dependsOn: ['build', '^build', { projects: ['lib'], target: 'pack' }],
          configurations: { production: {} },
          options: {
            ...(container?.options as object),
            labels: ['team=core'],
            secrets: ['id=npm'],
            'build-args': ['A=1', 'COMMIT=$GIT_SHA', 'TOKEN'],
          },
        },
      },
    });
    await convertGenerator(tree, { skipFormat: true, project: 'api' });
    expect(
      parse(tree.read('apps/api/images/ubuntu-24.04-default/image.yaml', 'utf8') ?? ''),
    ).toMatchObject({
      args: { A: '1' },
      labels: { team: 'core' },
      after: ['build', 'lib:pack'],
    });
    expect(warned.map((line) => line.split(': ')[2])).toEqual([
      'build argument COMMIT',
      'build argument TOKEN',
      'dependsOn ^build',
      'push',
      'secrets',
      'configuration production',
      undefined,
    ]);
    expect(readProjectConfiguration(tree, 'api').targets).toHaveProperty('container');
  });

  it('does not give two projects the same image, and goes on with the others', async () => {
    addProjectConfiguration(tree, '@other/app', { root: 'libs/app' });
    tree.write('libs/app/Dockerfile', 'FROM debian:12\n');
    await convertGenerator(tree, { skipFormat: true });
    const written = ['apps/app', 'libs/app'].filter((root) =>
      tree.exists(`${root}/images/debian-12-default/image.yaml`),
    );
    expect(written).toHaveLength(1);
    expect(tree.exists('apps/api/images/ubuntu-24.04-default/image.yaml')).toBe(true);
  });

  it('ignores archives in the folder that it adopts', async () => {
    tree.write('docker-images/image-registry.yml', 'images: []\n');
    await convertGenerator(tree, { skipFormat: true });
    expect(tree.read('.gitignore', 'utf8')).toContain('/docker-images/*/*.tar*\n');
  });

  it('leaves Dockerfiles without a known system and targets without a Dockerfile alone', async () => {
    tree.write('apps/app/Dockerfile', 'ARG BASE\nFROM $BASE\n');
    tree.delete('apps/api/docker/Dockerfile');
    await convertGenerator(tree, { skipFormat: true });
    expect(tree.exists('apps/app/images')).toBe(false);
    expect(tree.exists('apps/api/images')).toBe(false);
    expect(readProjectConfiguration(tree, 'api').targets?.['container']).toBeDefined();
  });
});
