import { addProjectConfiguration, readProjectConfiguration, type Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { osOf } from './dockerfile-os.js';
import convertGenerator from './generator.js';

it.each([
  ['FROM ubuntu:25.04', 'ubuntu-25.04'],
  ['FROM docker.io/library/debian:12.5-slim@sha256:abc', 'debian-12.5'],
  ['from --platform=$BUILDPLATFORM alpine:3.22.1 as base', 'alpine-3.22'],
  ['FROM node:22-bookworm-slim', 'debian-12'],
  ['FROM node:22-alpine3.22', 'alpine-3.22'],
  ['FROM ubuntu:24.04 AS Base\nRUN x\nFROM golang:1.25-trixie AS build\nFROM base', 'ubuntu-24.04'],
  ['FROM node:22', undefined],
  ['FROM ${BASE}', undefined],
  ['FROM ubuntu:latest', undefined],
  ['# nothing', undefined],
])('finds in %j the operating system %s', (dockerfile, expected) => {
  expect(osOf(dockerfile)).toBe(expected);
});

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
    await expect(convertGenerator(tree, { project: 'none' })).rejects.toThrow(/expected one of/);
  });

  it('adopts a folder of archives with its older catalog', async () => {
    tree.write('docker-images/image-registry.yml', 'images: []\n');
    await convertGenerator(tree, { skipFormat: true });
    expect(tree.read('stowage.yaml', 'utf8')).toMatch(/engine: auto[^]*^images: docker-images$/m);
    expect(tree.read('docker-images/image-registry.yml', 'utf8')).toBe('images: []\n');
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
