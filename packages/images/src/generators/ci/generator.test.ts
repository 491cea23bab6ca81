import type { Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import initGenerator from '../init/generator.js';
import ciGenerator from './generator.js';

let tree: Tree;
beforeEach(() => {
  tree = createTreeWithEmptyWorkspace();
});

interface Job {
  readonly if: string;
  readonly permissions: object;
  readonly env: object;
  readonly steps: readonly { readonly run?: string; readonly uses?: string }[];
}

const SHARE = 'ghcr.io/acme/app/images';
const generate = (more: object = {}) =>
  ciGenerator(tree, { share: SHARE, skipFormat: true, ...more });
const read = (path: string) => tree.read(path, 'utf8') ?? '';

describe('the workflow for GitHub Actions', () => {
  it('publishes on the default branch only, with the least permissions', async () => {
    await initGenerator(tree, { skipFormat: true });
    const nxJson = JSON.parse(read('nx.json')) as object;
    const plugins = [{ plugin: '@stowage/images', options: { saveTargetName: 'keep' } }];
    tree.write('nx.json', JSON.stringify({ ...nxJson, defaultBase: 'trunk', plugins }));
    tree.write('package-lock.json', '{}');
    tree.write('.github/workflows/other.yml', 'on: push\n');
    await generate();
    const text = read('.github/workflows/images.yml');
    const { on, permissions, jobs } = parse(text) as {
      on: object;
      permissions: object;
      jobs: { publish: Job; check: Job };
    };
    expect(on).toEqual({ push: { branches: ['trunk'] }, pull_request: null });
    expect(permissions).toEqual({});
    const { publish, check } = jobs;
    expect(publish.if).toBe("github.event_name != 'pull_request'");
    expect(publish.env).toEqual({ STOWAGE_SHARE: 'read-write' });
    expect(publish.permissions).toEqual({ contents: 'read', actions: 'read', packages: 'write' });
    expect(check.if).toBe("github.event_name == 'pull_request'");
    expect(check.env).toEqual({ STOWAGE_SHARE: 'read' });
    expect(check.permissions).toEqual({ contents: 'read', actions: 'read', packages: 'read' });
    for (const { steps } of [publish, check]) {
      expect(steps.flatMap(({ run }) => run ?? [])).toEqual([
        'npm ci',
        'echo "$TOKEN" | docker login ghcr.io --username "$ACTOR" --password-stdin',
        'npx nx affected -t keep',
      ]);
      for (const { uses } of steps)
        if (uses !== undefined) expect(uses).toMatch(/^[\w/-]+@[0-9a-f]{40}$/);
    }
    expect(text).not.toContain('.nx/cache');
    expect(read('stowage.yaml')).toContain(`share:\n  repository: "${SHARE}"\n`);
    await expect(generate()).rejects.toThrow(/images\.yml: the workflow exists already/);
  });

  it('leaves the login to another registry to its owner', async () => {
    await generate({ share: 'registry.example.com/team/images' });
    const text = read('.github/workflows/images.yml');
    expect(text).toContain('# Log in to registry.example.com here');
    expect(text).not.toContain('docker login');
  });

  it('needs a repository, and writes nothing without one', async () => {
    await expect(ciGenerator(tree, {})).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('the pipeline for GitLab', () => {
  it('publishes on the default branch only, and is included', async () => {
    tree.write('.gitlab-ci.yml', 'stages: [test]\n');
    await generate({ share: 'registry.gitlab.com/a/b/images' });
    expect(parse(read('.gitlab-ci.yml'))).toEqual({
      include: [{ local: '.gitlab/images.yml' }],
      stages: ['test'],
    });
    expect(parse(read('.gitlab/images.yml'))).toMatchObject({
      '.images': {
        variables: { GIT_DEPTH: 0 },
        script: ['npx nx affected -t image-save'],
      },
      'images-publish': {
        variables: { STOWAGE_SHARE: 'read-write' },
        rules: [{ if: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH' }],
      },
      'images-check': {
        variables: { STOWAGE_SHARE: 'read' },
        rules: [{ if: '$CI_PIPELINE_SOURCE == "merge_request_event"' }],
      },
    });
  });

  it('leaves a file with other includes alone', async () => {
    const text = 'include:\n  - local: other.yml\n';
    tree.write('.gitlab-ci.yml', text);
    await generate();
    expect(read('.gitlab-ci.yml')).toBe(text);
  });
});
