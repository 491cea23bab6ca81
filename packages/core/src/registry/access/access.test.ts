import { hash } from 'bcryptjs';
import { describe, expect, it } from 'vitest';
import type { AccessRule, Permission } from './access-rule.js';
import { Access } from './access.js';
import { addressOf, clientOf } from './client-address.js';
import { parseHtpasswd } from './htpasswd.js';

const request = (user?: string, password = 'secret') => ({
  headers:
    user === undefined
      ? {}
      : { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
  socket: { remoteAddress: '192.0.2.1' },
});

async function rightsOf(
  rules: readonly AccessRule[],
  { user, anonymous }: { readonly user?: string; readonly anonymous?: Permission } = {},
) {
  const line = `ada:${await hash('secret', 4)}\n`;
  await using access = new Access({ htpasswd: async () => line, anonymous, rules });
  return await access.of(request(user));
}

describe('a rule', () => {
  it.each([
    ['*/*', 'read', { 'team/app': true, app: false }, false],
    ['team/*', 'write', { 'team/app': true, 'team/a/b': true, team: false, other: false }, false],
    ['*', 'read', { 'team/app': true, app: true }, true],
    ['**', 'read', { app: true }, true],
    ['/', 'read', { app: false }, false],
    ['a*', 'read', { app: true, 'b/a': false }, false],
  ] as const)(
    'for %s grants %s to the repositories it matches',
    async (repositories, permission, may, all) => {
      const rights = await rightsOf([{ user: 'ada', permission, repositories }], { user: 'ada' });
      for (const [name, expected] of Object.entries(may))
        expect(rights.allows('read', name)).toBe(expected);
      expect(rights.allows('write', 'team/app')).toBe(permission === 'write');
      expect(rights.readsAll).toBe(all);
    },
  );
});

it('allows users everything without rules, and anonymous clients the configured permission', async () => {
  expect(await rightsOf([], { user: 'ada' })).toMatchObject({ user: 'ada', readsAll: true });
  expect((await rightsOf([])).readsAll).toBe(false);
  const anonymous = await rightsOf([], { anonymous: 'read' });
  expect([
    anonymous.readsAll,
    anonymous.allows('read', 'a'),
    anonymous.allows('write', 'a'),
  ]).toEqual([true, true, false]);
});

it('refuses a wrong password with a challenge', async () => {
  const line = `ada:${await hash('other', 4)}\n`;
  await using access = new Access({ htpasswd: async () => line });
  await expect(access.of(request('ada'))).rejects.toMatchObject({ status: 401 });
});

it('parses an htpasswd file', async () => {
  const hashed = await hash('x', 4);
  expect([...parseHtpasswd(`# users\n\nada:${hashed}\r\n`)]).toEqual([['ada', hashed]]);
  for (const text of ['ada', `:${hashed}`, 'ada:{SHA}x', `ada:${hashed}x`])
    expect(() => parseHtpasswd(text)).toThrow(/line 1/);
});

it('identifies a client by its IPv4 address or its IPv6 /64 network', () => {
  for (const [remoteAddress, client] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ] as const)
    expect(clientOf(addressOf({ socket: { remoteAddress } }))).toBe(client);
});
