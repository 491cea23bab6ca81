import type { ExecutorContext, ProjectGraphProjectNode } from '@nx/devkit';
import { describe, expect, it } from 'vitest';
import { sourceOf } from './git-facts.js';
import { releaseGroupOf } from './release-group.js';
import { releasedVersion } from './released-version.js';
import { expandTokens } from './tokens.js';
import ImageVersionActions from './version-actions.js';

const NODE = { name: 'app', type: 'lib', data: { root: 'images/app', tags: ['image'] } } as const;
const group = (release: object, data: object = {}) =>
  releaseGroupOf({ release }, {
    ...NODE,
    data: { ...NODE.data, ...data },
  } as unknown as ProjectGraphProjectNode);

describe('the release group of an image', () => {
  it.each([
    [{}, '', 'v{version}'],
    [{ projectsRelationship: 'independent' }, '', '{projectName}@{version}'],
    [{ releaseTagPattern: 'r{version}' }, '', 'r{version}'],
    [
      { projectsRelationship: 'independent', releaseTag: { pattern: '{projectName}/{version}' } },
      '',
      '{projectName}/{version}',
    ],
    [{ groups: { a: { projects: 'app' } } }, 'a', '{releaseGroupName}-v{version}'],
    [
      { groups: { a: { projects: ['lib'] }, b: { projects: ['*'] } } },
      'b',
      '{releaseGroupName}-v{version}',
    ],
    [
      { groups: { a: { projects: ['tag:image'] } }, releaseTag: { pattern: 'x{version}' } },
      'a',
      'x{version}',
    ],
    [
      { groups: { a: { projects: ['*', '!app'] }, b: { projects: ['images/*'] } } },
      'b',
      '{releaseGroupName}-v{version}',
    ],
    [
      { groups: { a: { projects: ['!lib'], releaseTag: { pattern: 'a{version}' } } } },
      'a',
      'a{version}',
    ],
    [{ groups: { a: { projects: ['directory:images/*'] } } }, 'a', '{releaseGroupName}-v{version}'],
  ])('of %j is %j, with tags as %s', (release, name, tagPattern) => {
    expect(group(release)).toEqual({ name, tagPattern, isDocker: false });
  });

  it.each([
    [{ docker: true }, {}],
    [{ groups: { a: { projects: ['app'], docker: { skipVersionActions: true } } } }, {}],
    [{}, { release: { docker: {} } }],
  ])('is one of docker in %j with %j', (release, data) => {
    expect(group(release, data).isDocker).toBe(true);
  });
});

describe('the version of an image', () => {
  const context = { projectName: 'app' } as Partial<ExecutorContext> as ExecutorContext;
  const version = (tagPattern: string, tags: string[], data?: object) =>
    releasedVersion(
      context,
      { tagPattern, name: 'g.1', isDocker: false },
      {
        data: data as Parameters<typeof releasedVersion>[2]['data'],
        git: { tags },
      },
    );

  it('is what nx release resolved, or none', () => {
    expect(version('v{version}', ['v1.0.0'], { app: { newVersion: '2.0.0' } })).toBe('2.0.0');
    expect(version('v{version}', ['v1.0.0'], { app: { newVersion: null } })).toBeNull();
    expect(version('v{version}', ['v1.0.0'], { lib: { newVersion: '2.0.0' } })).toBe('1.0.0');
  });

  it.each([
    ['v{version}', ['x', 'v1.2.3'], '1.2.3'],
    ['{projectName}@{version}', ['lib@3.0.0', 'app@1.0.0-rc.1'], '1.0.0-rc.1'],
    ['{releaseGroupName}-v{version}', ['gx1-v9.0.0', 'g.1-v1.0.0+b'], '1.0.0+b'],
    ['v{version}', ['v1.2', 'xv1.2.3', 'v1.2.3x'], undefined],
    ['v{version}', [], undefined],
  ])('is that of a tag like %s in %j', (pattern, tags, expected) => {
    expect(version(pattern, tags)).toBe(expected);
  });
});

it.each([
  ['https://github.com/acme/app.git', 'https://github.com/acme/app'],
  ['https://me:secret@host.example:8443/a/b', 'https://host.example:8443/a/b'],
  ['git@github.com:acme/app.git', 'https://github.com/acme/app'],
  ['ssh://git@host.example:2222/acme/app.git', 'https://host.example/acme/app'],
  ['/srv/git/app.git', undefined],
  ['C:\\git\\app', undefined],
  ['file:///srv/app', undefined],
  ['', undefined],
])('the source of %j is %s', (remote, expected) => {
  expect(sourceOf(remote)).toBe(expected);
});

describe('tokens', () => {
  const now = new Date('2026-03-04T05:06:07Z');
  const values = { projectName: 'app', version: '1.2.3', revision: 'abcdef0123456789', now };
  it.each([
    ['plain', 'plain'],
    ['{projectName}:{version}', 'app:1.2.3'],
    ['{shortCommitSha}-{commitSha}', 'abcdef0-abcdef0123456789'],
    ['{currentDate}', '2026-03-04'],
    ['{currentDate|YYMM.DD.HHmmss}', '2603.04.050607'],
  ])('%s is %s', (text, expected) => {
    expect(expandTokens('tag', text, values)).toBe(expected);
  });

  it('that are unknown or have no value are refused', () => {
    const message = (text: string) =>
      expect.objectContaining({
        code: 'USAGE',
        message: expect.stringContaining(text) as string,
      }) as Error;
    const none = { projectName: 'app', now };
    expect(() => expandTokens('tag', 'a:{x}', values)).toThrow(message('got {x}'));
    expect(() => expandTokens('tag', '{version|x}', values)).toThrow(message('{version|x}'));
    expect(() => expandTokens('tag', '{version}', none)).toThrow(message('no value'));
  });
});

it('version actions refuse a docker group, and keep no version in a file', async () => {
  const make = (dockerOptions: object) =>
    new ImageVersionActions(
      {} as never,
      NODE as unknown as ProjectGraphProjectNode,
      { dockerOptions, manifestRootsToUpdate: [{ path: 'dist' }] } as never,
    );
  const tree = { exists: () => false } as never;
  await expect(make({ versionSchemes: {} }).init(tree)).rejects.toThrow('docker tag');
  const actions = make({});
  await actions.init(tree);
  await actions.validate(tree);
  expect(actions.manifestsToUpdate).toEqual([]);
  expect(await actions.readCurrentVersionFromSourceManifest()).toMatchObject({
    currentVersion: '0.0.0',
  });
  expect(await actions.updateProjectVersion(tree, '1.0.0')).toHaveLength(1);
});
