import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { sinkContract } from '../../testing/contracts/sink.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { registryHandler } from '../registry/handler.js';
import { HostedStore } from '../store/hosted-store.js';
import { openRepository } from './open-repository.js';

sinkContract('a repository of a registry', async () => {
  const hosted = new HostedStore(await temporaryFolder());
  const server = createServer(registryHandler({ hosted, hosting: hosted }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const name = `127.0.0.1:${(server.address() as AddressInfo).port}/team/app`;
  // It has a tag for each name.
  const named = (reference: string) => `${name}:${reference.replaceAll(/[^a-z0-9]/g, '-')}`;
  const open = () => openRepository(name, { plainHttp: true });
  return { sink: await open(), reopen: open, named };
});
