import { expect, it } from 'vitest';
import type { ShareSettings } from '../definition/share-settings.js';
<<<<<<< HEAD
import type { Environment } from '../surroundings.js';
import { shareAccess } from './share-access.js';

const MAIN = { registry: 'example.com', repository: 'team/images' };
const PULLS = { registry: 'example.com', repository: 'team/images-pr' };
const GITHUB = { GITHUB_EVENT_NAME: 'pull_request' };
const GITLAB = { CI_MERGE_REQUEST_IID: '7' };
const WRITE = { STOWAGE_SHARE: 'read-write' };

it.each<[string, Partial<ShareSettings>, Environment, readonly object[], object | undefined]>([
  ['the default', {}, {}, [MAIN], undefined],
  ['a setting', { mode: 'read-write' }, {}, [MAIN], MAIN],
  ['the environment', {}, WRITE, [MAIN], MAIN],
  [
    'the environment over the setting',
    { mode: 'read-write' },
    { STOWAGE_SHARE: 'read' },
    [MAIN],
    undefined,
  ],
  ['off, then on', { mode: 'off' }, { STOWAGE_SHARE: 'read' }, [MAIN], undefined],
  ['a repository of pull requests elsewhere', { pullRequests: PULLS }, WRITE, [MAIN], MAIN],
  ['a pull request', { pullRequests: PULLS }, GITHUB, [MAIN, PULLS], PULLS],
  ['a merge request', { pullRequests: PULLS }, GITLAB, [MAIN, PULLS], PULLS],
  [
    'a pull request without a repository of its own',
    { mode: 'read-write' },
    GITHUB,
    [MAIN],
    undefined,
  ],
  ['a pull request that the environment lets publish', {}, { ...GITHUB, ...WRITE }, [MAIN], MAIN],
])('of %s', (_what, settings, env, read, write) => {
  const share: ShareSettings = { repository: MAIN, mode: 'read', required: false, ...settings };
  expect(shareAccess(share, env)).toEqual({ read, required: false, ...(write ? { write } : {}) });
});

it('is none without a share, and when it is off', () => {
  const share: ShareSettings = { repository: MAIN, mode: 'read', required: false };
  expect(shareAccess(undefined, { STOWAGE_SHARE: 'never read' })).toBeUndefined();
  expect(shareAccess({ ...share, mode: 'off' }, {})).toBeUndefined();
  expect(shareAccess(share, { STOWAGE_SHARE: 'off' })).toBeUndefined();
  expect(() => shareAccess(share, { STOWAGE_SHARE: 'write' })).toThrow(/STOWAGE_SHARE: expected/);
=======
import { shareAccess } from './share-access.js';

const MAIN = { registry: 'r.example', repository: 'main' };
const PULLS = { registry: 'r.example', repository: 'pulls' };
const settings = (more: Partial<ShareSettings> = {}): ShareSettings => ({
  ...({ repository: MAIN, mode: 'read-write', required: false } as ShareSettings),
  ...more,
});

it.each([
  ['read-write', {}, { read: [MAIN], write: MAIN }],
  ['read', {}, { read: [MAIN] }],
  ['off', {}, undefined],
  ['off', { STOWAGE_SHARE: 'read' }, { read: [MAIN] }],
  ['read', { STOWAGE_SHARE: 'read-write' }, { read: [MAIN], write: MAIN }],
  ['read-write', { STOWAGE_SHARE: 'off' }, undefined],
  ['read', { STOWAGE_SHARE: '' }, { read: [MAIN] }],
] as const)('the mode %s with %j gives %j', (mode, env, expected) => {
  const access = shareAccess(settings({ mode }), env);
  expect(access).toEqual(expected && { ...expected, required: false });
});

it.each([
  { GITHUB_EVENT_NAME: 'pull_request' },
  { GITHUB_EVENT_NAME: 'pull_request_target' },
  { CI_MERGE_REQUEST_IID: '7' },
])('a job of a pull request writes to a repository of its own: %j', (env) => {
  const expected = { read: [MAIN, PULLS], write: PULLS };
  expect(shareAccess(settings({ pullRequests: PULLS }), env)).toMatchObject(expected);
  // Without such a repository, the mode alone decides.
  expect(shareAccess(settings(), env)).toMatchObject({ read: [MAIN], write: MAIN });
});

it.each([{ GITHUB_EVENT_NAME: 'push' }, { CI_MERGE_REQUEST_IID: '' }, {}])(
  'another job writes to the share: %j',
  (env) => {
    const access = shareAccess(settings({ pullRequests: PULLS }), env);
    expect(access).toMatchObject({ read: [MAIN], write: MAIN });
  },
);

it('no settings are no access, and a mode that is none is an error', () => {
  expect(shareAccess(undefined, { STOWAGE_SHARE: 'read' })).toBeUndefined();
  expect(() => shareAccess(settings(), { STOWAGE_SHARE: 'yes' })).toThrow(
    'STOWAGE_SHARE: expected',
  );
>>>>>>> t17
});
