import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { surroundingsOf } from '../surroundings.js';
import { keepClients } from './kept-clients.js';
import { openRepository } from './open-repository.js';

/** A registry that has nothing, and the connections that were made to it. */
async function emptyRegistry() {
  const sockets: Socket[] = [];
  const server: Server = createServer((_request, response) => response.writeHead(404).end());
  server.on('connection', (socket: Socket) => sockets.push(socket));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, sockets };
}

it('keeps one client of a registry for all repositories, until the end', async () => {
  const { address, sockets } = await emptyRegistry();
  const surroundings = surroundingsOf();
  const ask = async (name: string) => {
    const reference = `${address}/${name}:1`;
    await using repository = await openRepository(reference, { plainHttp: true }, surroundings);
    await expect(repository.resolve(reference)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  };
  {
    await using _ = keepClients(surroundings);
    for (const name of ['a', 'b', 'a']) await ask(name);
    expect(sockets).toHaveLength(1);
  }
  await ask('a');
  await ask('a');
  expect(sockets).toHaveLength(3);
});

it('keeps the clients until the last one who keeps them is done', async () => {
  const { address, sockets } = await emptyRegistry();
  const surroundings = surroundingsOf();
  const ask = async () => {
    await using repository = await openRepository(
      `${address}/a:1`,
      { plainHttp: true },
      surroundings,
    );
    await expect(repository.resolve()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  };
  const [first, second] = [keepClients(surroundings), keepClients(surroundings)];
  await ask();
  await first[Symbol.asyncDispose]();
  await first[Symbol.asyncDispose]();
  await ask();
  expect(sockets).toHaveLength(1);
  await second[Symbol.asyncDispose]();
  await ask();
  expect(sockets).toHaveLength(2);
});
