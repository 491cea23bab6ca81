import { expect, it } from 'vitest';
import type { ShareSettings } from '../definition/share-settings.js';
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
});
