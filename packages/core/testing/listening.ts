import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';

export interface ListeningOptions {
  /** Serves TLS when given. */
  readonly tls?: ServerOptions;
  /** Takes over the connection of a request that asks for another protocol, after the answer that allows it. */
  readonly onUpgrade?: (connection: Duplex) => void;
}

/** Starts a server on a free port of loopback; it stops when the test ends. @returns `host:port` */
export async function listening(
  answer: RequestListener,
  { tls, onUpgrade }: ListeningOptions = {},
): Promise<string> {
  const server = tls ? createTlsServer(tls, answer) : createServer(answer);
  const upgraded: Duplex[] = [];
  if (onUpgrade)
    server.on('upgrade', (request: IncomingMessage, connection: Duplex) => {
      const { upgrade } = request.headers;
      const lines = [
        'HTTP/1.1 101 Switching Protocols',
        'Connection: Upgrade',
        `Upgrade: ${upgrade}`,
      ];
      connection.write(`${lines.join('\r\n')}\r\n\r\n`);
      upgraded.push(connection);
      onUpgrade(connection);
    });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    for (const connection of upgraded) connection.destroy();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Sends a body until the client closes the connection. */
export function flood(
  response: ServerResponse,
  status = 200,
  headers: Readonly<Record<string, string>> = { 'content-type': 'application/json' },
): void {
  response.writeHead(status, headers);
  if (response.req.method === 'HEAD') return void response.end();
  const chunk = Buffer.alloc(64 * 1024, ' ');
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', more);
  more();
}
