import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { clientOfRegistry } from '../../../testing/pushing.js';
import { BASE, NAME, savePath, workspaceOf } from '../../../testing/workspace.js';
import { openWorkspace } from '../workspace/workspace.js';
import { serve, type Serving } from './serve.js';
import type { ServeOptions } from './serve-options.js';

/** bcrypt hashes, of the lowest cost, of the passwords `ada` and `bob`. */
const HASHES = {
  ada: '$2b$04$1/kpERaYKYx.lEW.7j92AOIm9WFEUqJUHJqMUeLY4W1DWJNIBl8y2',
  bob: '$2b$04$NS96iA6EzTWD2U5qJ8HkKetuExxlVu94xrs9/2S6KXQi3JBb/1icO',
};

async function start(options: Partial<ServeOptions> = {}, inputs: readonly string[] = []) {
  const { workspace, call, cwd } = await workspaceOf();
  if (inputs.length > 0) await savePath(workspace, BASE, call);
  const serving = await serve(workspace, inputs, { ...call, ...options });
  onTestFinished(() => serving[Symbol.asyncDispose]());
  return { cwd, serving, ...clientOfRegistry(serving.url) };
}

const asUser = ({ url }: Serving, name: string) =>
  clientOfRegistry(url, {
    authorization: `Basic ${Buffer.from(`${name}:${name}`).toString('base64')}`,
  });

describe('a registry over its own folder', () => {
  it('keeps what is pushed to it, and stops with the one who started it', async () => {
    const { workspace, call } = await workspaceOf();
    const one = await serve(workspace, [], call);
    await clientOfRegistry(one.url).pushImage('team/app', '1', 'layer');
    await one[Symbol.asyncDispose]();
    await expect(fetch(`${one.url}/v2/`)).rejects.toThrow('fetch failed');
    const other = await serve(workspace, [], { ...call, readOnly: true });
    onTestFinished(() => other[Symbol.asyncDispose]());
    const { ask, putManifest } = clientOfRegistry(other.url);
    expect((await ask('GET', '/v2/team/app/manifests/1')).status).toBe(200);
    expect((await putManifest('team/app', '2', {})).status).toBe(405);
  });

  it('reports each answered request, and measures itself', async () => {
    const routes: string[] = [];
    const { ask } = await start({ onAnswered: ({ route }) => void routes.push(route) });
    await ask('GET', '/v2/');
    expect(await (await ask('GET', '/metrics')).text()).toContain('# TYPE');
    expect(routes).toHaveLength(2);
  });
});

it('serves archives read-only, under their names', async () => {
  const { ask, pushBlob } = await start({}, [NAME]);
  expect((await ask('GET', `/v2/${NAME}/manifests/latest`)).status).toBe(200);
  expect((await pushBlob('team/app', 'layer')).status).toBe(405);
});

it.each<[string, Partial<ServeOptions>]>([
  ['a certificate without its key', { tlsCert: 'cert.pem' }],
  ['a key without its certificate', { tlsKey: 'key.pem' }],
  ['an address that is none', { listen: 'here' }],
  ['an interval that is none', { gcEvery: 'often' }],
  ['a rule of deletion that is none', { prune: { unusedFor: 'long' } }],
  ['an address of a network without access control', { listen: '0.0.0.0:0' }],
])('does not start with %s', async (_, options) => {
  const { workspace, call } = await workspaceOf();
  await expect(serve(workspace, [], { ...call, ...options })).rejects.toMatchObject({
    code: 'USAGE',
  });
});

it('does not start on an address that is in use, and leaves it free when it fails later', async () => {
  const { serving } = await start();
  const { workspace, call } = await workspaceOf();
  const { host } = new URL(serving.url);
  await expect(serve(workspace, [], { ...call, listen: host })).rejects.toMatchObject({
    code: 'CONFLICT',
  });
  await serving[Symbol.asyncDispose]();
  const wrong = { ...call, listen: host, prune: { unusedFor: 'long' } };
  await expect(serve(workspace, [], wrong)).rejects.toMatchObject({ code: 'USAGE' });
  const again = await serve(workspace, [], { ...call, listen: host });
  await again[Symbol.asyncDispose]();
});

it('reads users and the settings file that was given again, and keeps the old ones if they are wrong', async () => {
  const { cwd, call } = await workspaceOf();
  const users = (...names: (keyof typeof HASHES)[]) =>
    writeFile(join(cwd, 'users'), names.map((name) => `${name}:${HASHES[name]}\n`).join(''));
  const config = join(cwd, 'serve.yaml');
  await writeFile(config, 'serve: { htpasswd: users }\n');
  await users('ada');
  const serving = await serve(await openWorkspace(cwd, { config }), [], call);
  onTestFinished(() => serving[Symbol.asyncDispose]());
  const status = async (name: string) => (await asUser(serving, name).ask('GET', '/v2/')).status;
  const mayPush = async (name: string) =>
    (await asUser(serving, name).pushBlob('team/app', 'x')).status;
  expect([await status('ada'), await status('bob'), await mayPush('ada')]).toEqual([200, 401, 201]);
  await users('ada', 'bob');
  await writeFile(config, 'serve: { htpasswd: users, allow: ["ada:read:*"] }\n');
  await serving.reload();
  expect([await status('ada'), await status('bob'), await mayPush('ada')]).toEqual([200, 200, 403]);
  await writeFile(config, 'serve: { htpasswd: nowhere }\n');
  await expect(serving.reload()).rejects.toMatchObject({ code: 'USAGE' });
  expect([await status('ada'), await mayPush('ada')]).toEqual([200, 403]);
});
