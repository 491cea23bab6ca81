import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { workspaceOf } from '../../../testing/workspace.js';
import { setPassword } from './set-password.js';
import { openWorkspace } from '../workspace/workspace.js';
import { serve } from './serve.js';
import { withSettings } from './serve-settings.js';

const ALL = `serve:
  root: content
  listen: 127.0.0.1:0
  read_only: true
  htpasswd: users
  anonymous: read
  allow: ['ada:write:team/*', '*:read:*']
  allowed_hosts: [registry.lan]
  tls_cert: /etc/cert.pem
  tls_key: key.pem
  max_used: 50GB
  max_used_below: { team-a: 20GB }
  upstream: [docker.io=https://registry-1.docker.io]
  gc_every: 2h
  scrub_every: 30d
  scrub_rate: 10MB
  log: json
  prune: { every: 1d, keep_newest: 5, unused_for: 90d, keep: [base] }
`;

async function workspaceWith(settings: string) {
  const { cwd, call } = await workspaceOf();
  const config = join(cwd, 'serve.yaml');
  await writeFile(config, settings);
  return { cwd, call, config, workspace: await openWorkspace(cwd, { config }) };
}

it('every key of serve is an option; paths start at the folder of the file', async () => {
  const { cwd, call, workspace } = await workspaceWith(ALL);
  expect(withSettings(workspace, [], { ...call, gcEvery: '5m', scrubEvery: undefined })).toEqual({
    ...call,
    root: join(cwd, 'content'),
    listen: '127.0.0.1:0',
    readOnly: true,
    htpasswd: join(cwd, 'users'),
    anonymous: 'read',
    rules: [
      { user: 'ada', permission: 'write', repositories: 'team/*' },
      { user: '*', permission: 'read', repositories: '*' },
    ],
    allowedHosts: ['registry.lan'],
    tlsCert: '/etc/cert.pem',
    tlsKey: join(cwd, 'key.pem'),
    maxUsed: ['50GB', 'team-a=20GB'],
    upstream: ['docker.io=https://registry-1.docker.io'],
    gcEvery: '5m',
    scrubEvery: '30d',
    scrubRate: '10MB',
    prune: { every: '1d', keepNewest: 5, unusedFor: '90d', keep: ['base'] },
  });
  // Archives have no folder of a registry.
  const { root, maxUsed, prune, listen } = withSettings(workspace, ['x.tar'], call);
  expect([root, maxUsed, prune, listen]).toEqual([undefined, undefined, undefined, '127.0.0.1:0']);
});

it('the settings of a workspace open no registry', async () => {
  const { call, cwd } = await workspaceOf({
    'stowage.yaml': 'serve: { listen: 0.0.0.0:0, anonymous: write }\n',
  });
  const workspace = await openWorkspace(cwd);
  expect(withSettings(workspace, [], call)).toEqual(call);
  await using serving = await serve(workspace, [], call);
  expect(new URL(serving.url).hostname).toBe('127.0.0.1');
});

it('users and rules are read again; a file that cannot be read changes nothing', async () => {
  const settings = (rule: string) =>
    `serve: { root: content, htpasswd: users, allow: ['${rule}'] }\n`;
  const { cwd, call, config, workspace } = await workspaceWith(settings('ada:read:a'));
  await setPassword('users', { cwd, user: 'ada', password: 'p' });
  await using serving = await serve(workspace, [], call);
  const authorization = `Basic ${Buffer.from('ada:p').toString('base64')}`;
  const start = async () => {
    const target = `${serving.url}/v2/a/blobs/uploads/`;
    return (await fetch(target, { method: 'POST', headers: { authorization } })).status;
  };
  expect(await start()).toBe(403);
  await writeFile(config, settings('ada:write:a'));
  expect(await start()).toBe(403);
  await serving.reload();
  expect(await start()).toBe(202);
  for (const [text, message] of [
    ['serve: { allow: [nonsense] }', /serve.yaml/],
    ['serve: { htpasswd: none }', /no file that can be read/],
    ['serve: { anonymous: read, allow: ["ada:read:a"] }', /needs the option `htpasswd`/],
  ] as const) {
    await writeFile(config, text);
    await expect(serving.reload()).rejects.toThrow(message);
  }
  expect(await start()).toBe(202);
});
