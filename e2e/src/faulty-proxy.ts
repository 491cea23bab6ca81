import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Fault {
  readonly status?: number;
  /** Value of `Retry-After`, in seconds. */
  readonly wait?: string;
  /** Breaks the connection after this many bytes of the response. */
  readonly cutAfter?: number;
  /** Stalls after this many bytes of the response. */
  readonly stallAfter?: number;
  /** Neither forwards nor answers the request. */
  readonly silent?: boolean;
  /** Host to which the request is redirected. */
  readonly redirect?: string;
  /** Announces and sends this many bytes less than the blob has. */
  readonly short?: number;
  /** Changes the last byte of the response. */
  readonly flip?: boolean;
}

export interface FaultyProxy {
  readonly host: string;
  readonly hits: () => number;
  /** All requests, as `GET /v2/… bytes=5-`. */
  readonly requests: string[];
  /** The `Authorization` header of each request. */
  readonly authorizations: readonly (string | undefined)[];
}

/** A proxy of a registry on loopback that applies a fault to the first matching request. */
export async function faultyProxy(
  registry: string,
  isHit: (incoming: IncomingMessage) => boolean,
  { status, wait, cutAfter, stallAfter, silent, redirect, short = 0, flip }: Fault,
): Promise<FaultyProxy> {
  let hits = 0;
  const requests: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const [hostname, port] = registry.split(':');
  const server = createServer((incoming, outgoing) => {
    const { method = '', url = '', headers } = incoming;
    const range = headers.range ?? headers['content-range'];
    requests.push([method, url, range].filter((each) => each !== undefined).join(' '));
    const isOurs = hits === 0 && isHit(incoming);
    if (isOurs) hits++;
    authorizations.push(headers.authorization);
    if (isOurs && silent) return;
    if (isOurs && redirect !== undefined) {
      outgoing.writeHead(307, { location: `http://${redirect}${url}` }).end();
      return;
    }
    if (isOurs && status !== undefined) {
      incoming.resume();
      outgoing.writeHead(status, wait === undefined ? {} : { 'retry-after': wait }).end();
      return;
    }
    if (isOurs && cutAfter === 0) {
      incoming.destroy();
      return;
    }
    const onward = request({ hostname, port, method, path: url, headers }, (answer) => {
      const length = Number(answer.headers['content-length'] ?? 0);
      outgoing.writeHead(answer.statusCode ?? 500, {
        ...answer.headers,
        ...(isOurs && short > 0 ? { 'content-length': String(length - short) } : {}),
      });
      if (!isOurs) {
        answer.pipe(outgoing);
        return;
      }
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const whole = Buffer.concat(chunks);
        if (flip) whole.writeUInt8(whole.readUInt8(whole.length - 1) ^ 1, whole.length - 1);
        if (flip) outgoing.end(whole);
        else if (short > 0) outgoing.end(whole.subarray(0, length - short));
        else if (stallAfter !== undefined) outgoing.write(whole.subarray(0, stallAfter));
        else outgoing.write(whole.subarray(0, cutAfter), () => outgoing.destroy());
      });
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { host, hits: () => hits, requests, authorizations };
}
