import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A port in front of a server that counts bytes. */
export interface ByteProxy {
  readonly host: string;
  /** Bytes of all answers since the last call. */
  readonly received: () => number;
  /** Goes away after this many further bytes in both directions, as if the server had died. */
  readonly dieAfter: (bytes: number) => void;
}

/** Opens a port in front of a server; it closes when the test ends. */
export async function byteProxy(host: string): Promise<ByteProxy> {
  let received = 0;
  let left = Infinity;
  const sockets = new Set<Socket>();
  const [name = '', port = ''] = host.split(':');
  const die = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  const count = (bytes: number): void => {
    left -= bytes;
    if (left < 0) die();
  };
  const server = createServer((client) => {
    const upstream = connect(Number(port), name);
    upstream.on('data', (chunk) => {
      received += chunk.byteLength;
      count(chunk.byteLength);
    });
    client.on('data', (chunk) => count(chunk.byteLength));
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: () => {
      const bytes = received;
      received = 0;
      return bytes;
    },
    dieAfter: (bytes) => void (left = bytes),
  };
}
