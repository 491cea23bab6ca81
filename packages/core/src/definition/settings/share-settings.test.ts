import { expect, it } from 'vitest';
import { parseShare } from './share-settings.js';

const REPOSITORY = { registry: 'r.example:5000', repository: 'team/images' };

it.each([
  ['r.example:5000/team/images', REPOSITORY],
  ['http://r.example:5000/team/images', { ...REPOSITORY, plainHttp: true }],
  ['https://r.example:5000/team/images', { ...REPOSITORY, plainHttp: false }],
])('the repository %s is %j', (repository, expected) => {
  expect(parseShare({ repository }, 'stowage.yaml').repository).toEqual(expected);
});

it('a share is read, and not required, unless the settings say so', () => {
  const repository = 'r.example/a';
  expect(parseShare({ repository }, 'x')).toMatchObject({ mode: 'read', required: false });
  const given = { repository, mode: 'read-write', required: true, pull_requests: 'r.example/b' };
  expect(parseShare(given as Parameters<typeof parseShare>[0], 'x')).toEqual({
    ...{ repository: { registry: 'r.example', repository: 'a' }, mode: 'read-write' },
    ...{ required: true, pullRequests: { registry: 'r.example', repository: 'b' } },
  });
});

it.each(['images', 'r.example/', 'r.example/a:1', 'r.example/A', 'ftp://r.example/a', ''])(
  '%j is no repository, and the message names the setting',
  (text) => {
    const yaml = { repository: 'r.example/a', pull_requests: text };
    expect(() => parseShare(yaml, 'stowage.yaml')).toThrow(
      'stowage.yaml: share.pull_requests: expected HOST[:PORT]/REPOSITORY',
    );
    expect(() => parseShare({ repository: text }, 'stowage.yaml')).toThrow('share.repository');
  },
);
