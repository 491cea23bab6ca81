import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { modifiedAt } from '../../disk/allocated.js';
import { ImageError, systemCode } from '../../errors.js';
import { addressOf, clientOf } from '../../registry/access/client-address.js';
import { Limiter, type Limit } from '../../registry/handler/limiter.js';
import { option, wording } from '../../wording.js';

export interface ListenOptions {
  /** Empty for every address of this machine. */
  readonly host: string;
  readonly port: number;
  /** Paths of certificate and key (PEM); the files are read again when they change. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** Timeout for the headers of a request (ms); 20 s by default. */
  readonly headersTimeout?: number;
  /** Timeout of a connection without any data sent or received (ms); 60 s by default. */
  readonly idleTimeout?: number;
  /** Limit of open connections; 4096 in total when omitted, a quarter of them for one client. */
  readonly connections?: Limit | undefined;
}

/** A server that runs until it is disposed of. */
export interface Listening extends AsyncDisposable {
  readonly url: string;
  /** Reads certificate and key again now. @throws ImageError USAGE; then the old ones stay in use */
  readonly reload: () => Promise<void>;
}

/** Time for open requests to finish when the server stops (ms). */
const SHUTDOWN_GRACE_MS = 5_000;
/** Interval of checks for changed certificates (ms). */
const CERTIFICATE_CHECK_MS = 10_000;
const MAX_CONNECTIONS = 4096;
/** Headers of one request; Node.js limits their total size to 16 KiB. */
const MAX_HEADERS = 100;
/** Forward secrecy only: recorded traffic stays secret if the certificate's key leaks. */
const TLS = {
  minVersion: 'TLSv1.2',
  ciphers: [
    ...['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'],
    ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
    ...['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
    ...['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
  ].join(':'),
} as const;

/** Starts a server. @throws ImageError USAGE (an address, a certificate), CONFLICT (the address is in use) */
export async function listen(
  handler: RequestListener,
  {
    host,
    port,
    tls,
    headersTimeout = 20_000,
    idleTimeout = 60_000,
    connections = connectionLimit(),
  }: ListenOptions,
): Promise<Listening> {
  // Uploads have no total timeout, only the idle timeout.
  const times = {
    requestTimeout: 0,
    headersTimeout,
    connectionsCheckingInterval: headersTimeout / 4,
  };
  const server = tls
    ? createTlsServer({ ...times, ...(await tlsContext(tls)) }, handler)
    : createServer(times, handler);
  server.timeout = idleTimeout;
  server.maxHeadersCount = MAX_HEADERS;
  server.maxConnections = MAX_CONNECTIONS;
  limitConnections(server, connections);
  const renewal = tls ? await renew(server as TlsServer, tls) : undefined;
  await bind(server, host, port);
  const { address, family, port: bound } = server.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://${family === 'IPv6' ? `[${address}]` : address}:${bound}`,
    reload: async () => renewal?.reload(),
    [Symbol.asyncDispose]: async () => {
      clearInterval(renewal?.timer);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), SHUTDOWN_GRACE_MS).unref();
      await closed;
    },
  };
}

/** Parses `HOST:PORT`, or `:PORT` for every address; IPv6 addresses in brackets. @throws ImageError USAGE */
export function parseListenAddress(text: string): Pick<ListenOptions, 'host' | 'port'> {
  const [, bracketed, plain, port = ''] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? '';
  if (port !== '' && Number(port) <= 65_535) return { host, port: Number(port) };
  throw new ImageError(
    'USAGE',
    wording`${option('listen')}: expected HOST:PORT or :PORT, got ${JSON.stringify(text)}`,
    {
      hint: wording`For example ${option('listen', '127.0.0.1:5000')}.`,
    },
  );
}

/** Why an address cannot be listened on. */
const BIND_ERRORS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EADDRINUSE: 'another program listens on this address',
  EADDRNOTAVAIL: 'not an address of this machine',
  ENOTFOUND: 'no host of this name',
};

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const code = systemCode(cause);
      reject(
        new ImageError(
          code === 'EADDRINUSE' ? 'CONFLICT' : 'USAGE',
          wording`${option('listen', `${host}:${port}`)}: ${BIND_ERRORS[code ?? ''] ?? cause.message}`,
          { hint: 'Choose another port, or 0 for any free port.', cause },
        ),
      );
    });
    server.listen({ ...(host === '' ? {} : { host }), port }, resolve);
  });
}

/** The limit of open connections of one process. */
export function connectionLimit(most = MAX_CONNECTIONS): Limiter {
  return new Limiter('connections', most);
}

/** Closes connections beyond the limit. */
function limitConnections(server: Server, limit: Limit): void {
  server.on('connection', (socket: Socket) => {
    const hold = async (): Promise<void> => {
      using _ = await limit.enter(clientOf(addressOf({ socket })));
      if (!socket.destroyed) await once(socket, 'close');
    };
    hold().catch(() => socket.destroy());
  });
}

async function tlsContext({ cert, key }: { cert: string; key: string }) {
  const read = (path: string) =>
    readFile(path).catch((cause: unknown) => {
      throw new ImageError('USAGE', `${path}: no certificate or key (PEM) that can be read`, {
        location: path,
        cause,
      });
    });
  return { ...TLS, cert: await read(cert), key: await read(key) };
}

/** @throws ImageError USAGE when certificate and key do not fit */
function useContext(server: TlsServer, context: Awaited<ReturnType<typeof tlsContext>>): void {
  try {
    server.setSecureContext(context);
  } catch (cause) {
    throw new ImageError('USAGE', 'the certificate and the key are not a pair in the format PEM', {
      cause,
    });
  }
}

/** Reloads certificate and key when their files change. */
async function renew(server: TlsServer, tls: { cert: string; key: string }) {
  const times = async () => [await modifiedAt(tls.cert), await modifiedAt(tls.key)].join();
  let seen = await times();
  const reload = async () => {
    const now = await times();
    useContext(server, await tlsContext(tls));
    seen = now;
  };
  const check = async () => {
    if ((await times()) !== seen) await reload();
  };
  // A file that is only half written is read again at the next check.
  const timer = setInterval(() => void check().catch(() => undefined), CERTIFICATE_CHECK_MS);
  return { reload, timer: timer.unref() };
}
