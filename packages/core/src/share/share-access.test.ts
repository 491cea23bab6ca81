import { expect, it } from 'vitest';
import type { ShareSettings } from '../definition/settings/share-settings.js';
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
  [
    'a pull request of a fork with the rights of this repository',
    { pullRequests: PULLS },
    { GITHUB_EVENT_NAME: 'pull_request_target' },
    [MAIN, PULLS],
    PULLS,
  ],
  ['a push', { pullRequests: PULLS }, { GITHUB_EVENT_NAME: 'push', ...WRITE }, [MAIN], MAIN],
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
});
