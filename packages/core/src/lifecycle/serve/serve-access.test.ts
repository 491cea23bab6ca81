import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { parseAccessRule } from '../../registry/access/access-rule.js';
import type { LifecycleEvent } from '../workspace/call.js';
import {
  accessFor,
  hostCheckFor,
  warnOfPlainPasswords,
  type AccessControl,
} from './serve-access.js';

/** A bcrypt hash. */
const HASH = '$2b$04$J8iZ0mE5z2l1OoKqH2uyeemYyXT0P8LzFgnF9ovWEW0ZlMwwn5gxK';

const given = (options: Partial<AccessControl>): AccessControl => ({ cwd: '/', ...options });

it.each([
  ['127.0.0.1', {}, 0],
  ['localhost', { htpasswd: 'users' }, 0],
  ['0.0.0.0', { anonymous: 'read' }, 0],
  ['0.0.0.0', { htpasswd: 'users' }, 1],
  ['registry.lan', { htpasswd: 'users' }, 1],
  ['', { htpasswd: 'users' }, 1],
  ['0.0.0.0', { htpasswd: 'users', tlsCert: 'cert.pem' }, 0],
] as const)('on %s with %j gives %i warnings', (host, options, count) => {
  const events: unknown[] = [];
  warnOfPlainPasswords(host, given({ ...options, onEvent: (event) => events.push(event) }));
  expect(events).toHaveLength(count);
});

it('checks host names if some access needs no login', () => {
  const isChecked = (options: Partial<AccessControl>) =>
    hostCheckFor('registry.lan', given(options)) !== undefined;
  expect(isChecked({})).toBe(true);
  expect(isChecked({ anonymous: 'read' })).toBe(true);
  expect(isChecked({ htpasswd: 'users', anonymous: 'read' })).toBe(true);
  expect(isChecked({ htpasswd: 'users' })).toBe(false);
  const check = hostCheckFor('registry.lan', given({ allowedHosts: ['other.lan'] }));
  for (const host of ['registry.lan:5000', 'other.lan', '192.0.2.1'])
    expect(() => check?.(host)).not.toThrow();
  expect(() => check?.('evil.example.org')).toThrow();
  expect(() => hostCheckFor('', given({ anonymous: 'read' }))?.('evil.example.org')).toThrow();
  expect(() => hostCheckFor('a', given({ allowedHosts: ['a:1'] }))).toThrow(/allowed host/);
});

it('requires access control for other machines, and rejects invalid options', async () => {
  const file = join(await temporaryFolder(), 'users');
  await writeFile(file, 'ada:x');
  for (const [host, options] of [
    ['0.0.0.0', {}],
    ['', {}],
    ['127.0.0.1', { rules: [{ user: '*', permission: 'read', repositories: '*' }] }],
    ['127.0.0.1', { htpasswd: file }],
    ['127.0.0.1', { htpasswd: `${file}.none` }],
  ] as const)
    await expect(accessFor(host, given(options))).rejects.toMatchObject({ code: 'USAGE' });
  expect(await accessFor('127.0.0.1', given({}))).toEqual({ anonymous: 'write' });
});

it('tells of rules for users who are not in the file', async () => {
  const htpasswd = join(await temporaryFolder(), 'users');
  await writeFile(htpasswd, `ada:${HASH}\n`);
  const events: LifecycleEvent[] = [];
  const rules = ['ada', 'adda', '*'].map((user) => parseAccessRule(`${user}:read:team/*`));
  await accessFor(
    '127.0.0.1',
    given({ htpasswd, rules, onEvent: (event) => void events.push(event) }),
  );
  expect(events).toMatchObject([
    { text: `the option \`rules: adda:read:team/*\`: ${htpasswd} has no user adda` },
  ]);
});
