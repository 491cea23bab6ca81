import { connect, createServer, type AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A port in front of a server that counts the bytes of all answers; it closes when the test ends. */
export async function byteProxy(
  host: string,
): Promise<{ readonly host: string; readonly received: () => number }> {
  let bytes = 0;
  const [name = '', port = ''] = host.split(':');
  const server = createServer((client) => {
    const upstream = connect(Number(port), name);
    upstream.on('data', (chunk) => (bytes += chunk.byteLength));
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) {
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    // Bytes since the last call.
    received: () => {
      const count = bytes;
      bytes = 0;
      return count;
    },
  };
}
