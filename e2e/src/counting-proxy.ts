import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './run.js';

/** A socket in front of an engine's that records every request, as `GET /_ping`, without the version of the API and the query. */
export async function countingProxy(
  host: string,
): Promise<{ proxy: string; requests: readonly string[] }> {
  const requests: string[] = [];
  const path = join(await temporaryFolder(), 'proxy.sock');
  const server = createServer((client) => {
    const engine = createConnection(host.replace('unix://', ''));
    client.on('data', (chunk) => {
      const [, method, path] =
        /^([A-Z]+) (?:\/v[0-9.]+)?(\/[^ ?]*)\S* HTTP\/1\.1\r\n/.exec(chunk.toString('latin1')) ??
        [];
      if (method !== undefined) requests.push(`${method} ${path}`);
    });
    client.pipe(engine).pipe(client);
    for (const socket of [client, engine]) socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { proxy: `unix://${path}`, requests };
}
