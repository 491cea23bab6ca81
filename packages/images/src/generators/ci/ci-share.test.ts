import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { addShare, parseRemote, remoteOf } from './ci-share.js';

let tree: Tree;
beforeEach(() => {
  tree = createTreeWithEmptyWorkspace();
});

const read = (path: string) => tree.read(path, 'utf8') ?? '';

it.each([
  ['https://github.com/Acme/App.git', { host: 'github.com', path: 'acme/app' }],
  ['git@github.com:acme/app.git', { host: 'github.com', path: 'acme/app' }],
  ['ssh://git@gitlab.example.com:2222/a/b/c', { host: 'gitlab.example.com', path: 'a/b/c' }],
  ['https://user:secret@github.com/acme/app', { host: 'github.com', path: 'acme/app' }],
  ['/srv/git/app.git', undefined],
  ['https://github.com/app', undefined],
])('the remote %s is %j', (url, expected) => {
  expect(parseRemote(url)).toEqual(expected);
});

it.each([
  ['github', 'ghcr.io', 'ghcr.io/acme/app/images'],
  ['gitlab', 'registry.gitlab.com', 'registry.gitlab.com/acme/app/images'],
] as const)('the share of %s is in its registry', (provider, registry, repository) => {
  const remote = { host: `${provider}.com`, path: 'acme/app' };
  expect(addShare(tree, { provider, remote })).toBe(registry);
  expect(parse(read('stowage.yaml'))).toEqual({ share: { repository } });
  const before = read('stowage.yaml');
  expect(addShare(tree, { provider, remote: undefined })).toBe(registry);
  expect(read('stowage.yaml')).toBe(before);
});

it('the share that is given is added to the settings, which stay as they are', () => {
  tree.write('stowage.yaml', '# ours\nengine: docker');
  const share = 'r.example:5000/team/images';
  expect(addShare(tree, { provider: 'github', remote: undefined, share })).toBe('r.example:5000');
  expect(read('stowage.yaml')).toMatch(/^# ours\nengine: docker\n/);
  expect(parse(read('stowage.yaml'))).toMatchObject({ share: { repository: share } });
});

it('a share is required, and must be a repository', () => {
  const given = { provider: 'github', remote: undefined } as const;
  expect(() => addShare(tree, given)).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
  expect(() => addShare(tree, { ...given, share: 'images' })).toThrow(/share/);
  expect(tree.exists('stowage.yaml')).toBe(false);
});

it('the remote is the origin of the repository', async () => {
  const root = await mkdtemp(join(tmpdir(), 'stowage-remote-'));
  onTestFinished(() => rm(root, { recursive: true }));
  const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: root });
  git('init', '-q');
  expect(remoteOf(root)).toBeUndefined();
  git('remote', 'add', 'origin', 'git@github.com:acme/app.git');
  expect(remoteOf(root)).toEqual({ host: 'github.com', path: 'acme/app' });
});
