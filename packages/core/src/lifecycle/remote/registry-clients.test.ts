import { expect, it } from 'vitest';
import { sha256 } from '../../../testing/pushing.js';
import { servedRegistry } from '../../../testing/served-registry.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { RegistryClients } from './registry-clients.js';

it('a registry is opened once, by its first use', async () => {
  const { workspace, call } = await workspaceOf();
  const [one, two] = [await servedRegistry(), await servedRegistry()];
  await using clients = new RegistryClients(workspace, call);
  expect(one.requests).toEqual([]);
  expect(await clients.client(one.host)).toBe(await clients.client(one.host));
  expect(await clients.client(one.host)).not.toBe(await clients.client(two.host));
});

it('repositories of a registry share its client', async () => {
  const { workspace, call } = await workspaceOf();
  const { host, pushImage } = await servedRegistry();
  const image = await pushImage('team/app', '1', 'layer');
  await using clients = new RegistryClients(workspace, call);
  await using repository = await clients.repository({ registry: host, repository: 'team/app' });
  expect((await repository.find('1'))?.digest).toBe(sha256(JSON.stringify(image)));
  await using other = await clients.repository({ registry: host, repository: 'team/absent' });
  expect(await other.find('1')).toBeUndefined();
});

it('a registry that cannot be opened is an error each time, and does not stop the end', async () => {
  const { workspace, call } = await workspaceOf();
  const options = { ...call, registry: { caFile: 'absent.pem' } };
  const clients = new RegistryClients(workspace, options);
  for (let times = 0; times < 2; times++)
    await expect(clients.client('r.example')).rejects.toMatchObject({ code: 'USAGE' });
  await clients[Symbol.asyncDispose]();
});
