import { expect, it } from 'vitest';
import { parseAccessRule } from './access-rule.js';

it.each([
  ['ada:write:team/*', { user: 'ada', permission: 'write', repositories: 'team/*' }],
  ['*:read:*', { user: '*', permission: 'read', repositories: '*' }],
  ['a b:read:x:y', { user: 'a b', permission: 'read', repositories: 'x:y' }],
])('%s is %j', (text, expected) => {
  expect(parseAccessRule(text)).toEqual(expected);
});

it.each(['', 'ada', 'ada:read', 'ada:read:', ':read:x', 'ada:delete:x', 'ada:READ:x'])(
  '%j is no rule',
  (text) => {
    expect(() => parseAccessRule(text)).toThrow(
      expect.objectContaining({ code: 'USAGE' }) as Error,
    );
  },
);
