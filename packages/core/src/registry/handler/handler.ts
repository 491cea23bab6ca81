import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { DEFAULT_LIMITS } from '../../oci/limits.js';
import type { RegistryReader, RegistryStorage } from '../hosted.js';
import { challenge, UNRESTRICTED, type Access, type Rights } from '../access/access.js';
import { bodyOf } from './body.js';
import { refuseCrossSiteWrite, setBrowserHeaders } from '../access/browser-guard.js';
import { addressOf, clientOf } from '../access/client-address.js';
import { bringsContent, workFor } from './endpoints.js';
import { Limiter } from './limiter.js';
import type { Metrics } from '../metrics.js';
import { PAGES, renderPage } from '../pages/pages.js';
import { requirePermission } from './permission.js';
import { asProblem, Problem } from '../problem.js';
import { parseTarget } from './request-target.js';
import { parseRoute, type Route } from './routes.js';

/** A request that was answered, for logs and metrics. */
export interface Answered {
  readonly id: string;
  /** When it arrived, in milliseconds since 1970. */
  readonly time: number;
  /** The client's IP address. */
  readonly address: string;
  /** The user's name; absent without a login and after a wrong password. */
  readonly user?: string;
  readonly method: string;
  /** Path of the URL as sent, without the query. */
  readonly path: string;
  /** The kind of end point; `none` where there is none. */
  readonly route: Route['kind'] | 'page' | 'health' | 'metrics' | 'none';
  readonly status: number;
  /** Number of bytes sent, head included. */
  readonly bytes: number;
  readonly milliseconds: number;
  /** Why it was answered with an error of this registry's own. */
  readonly error?: unknown;
}

/** What a registry serves, and to whom. */
export interface RegistryHandlerOptions {
  readonly hosted: RegistryReader;
  /** The same repositories, if clients may write them; read-only when omitted. */
  readonly hosting?: RegistryStorage | undefined;
  /** Access rules; unrestricted when omitted. */
  readonly access?: Access | undefined;
  /** Throws for a `Host` header that is not a name of the registry (see {@link hostCheck}); all are allowed when omitted. */
  readonly checkHost?: ((host: string | undefined) => void) | undefined;
  /** Shown at `/metrics` to clients that may read everything; no such page when omitted. */
  readonly metrics?: Metrics | undefined;
  /** How many requests may bring content at once, a quarter of them from one client; 500 when omitted. */
  readonly uploads?: number | undefined;
  /** Called after each request. */
  readonly onAnswered?: ((answered: Answered) => void) | undefined;
}

/** Each holds a file open and a megabyte or two. */
const UPLOADS = 500;
/** Manifests that are being received, checked and stored at once (bytes); parsed, one takes ten times that. */
const MANIFEST_MEMORY = 16 * DEFAULT_LIMITS.manifestBytes;

interface Gates {
  readonly uploads: Limiter;
  readonly manifests: Limiter;
}

/** One request, and what is found out about it for the log. */
interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly address: string;
  readonly signal: AbortSignal;
  route: Answered['route'];
  user?: string | undefined;
}

/**
 * A registry (OCI distribution spec 1.1) as a request handler: mount it in any server of `node:http`, or in a test. It also
 * answers `/healthz`, and at `/` a page for people.
 *
 * @example
 * const hosting = openRegistryFolder('./registry');
 * const server = createServer(registryHandler({ hosted: hosting, hosting }));
 * server.listen(5000, '127.0.0.1');
 */
export function registryHandler(options: RegistryHandlerOptions): RequestListener {
  const gates = {
    uploads: new Limiter('uploads', options.uploads ?? UPLOADS),
    manifests: new Limiter('bytes of manifests', MANIFEST_MEMORY),
  };
  return (request, response) => void handle(request, response, { ...options, gates });
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  options: RegistryHandlerOptions & { readonly gates: Gates },
): Promise<void> {
  const [start, time, before] = [performance.now(), Date.now(), request.socket.bytesWritten];
  const { socket } = request;
  const id = randomUUID();
  const { method = '', url = '' } = request;
  const { path, query } = parseTarget(url);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.setHeader('x-request-id', id);
  response.setHeader('docker-distribution-api-version', 'registry/2.0');
  setBrowserHeaders(response);
  const address = addressOf(request);
  const { signal } = gone;
  const call: Call = { request, response, method, path, query, address, signal, route: 'none' };
  let failure: unknown;
  try {
    await answerCall(call, options);
  } catch (error) {
    const problem = asProblem(error);
    // A client that went away is no failure of this registry.
    if (problem.status >= 500 && !gone.signal.aborted) failure = error;
    refuse(request, response, problem);
  } finally {
    const { statusCode: status } = response;
    const { route, user } = call;
    const milliseconds = performance.now() - start;
    const answered = { id, time, address, method, path, route, status, milliseconds };
    options.metrics?.note(answered);
    options.onAnswered?.({
      ...answered,
      bytes: socket.bytesWritten - before,
      ...(user === undefined ? {} : { user }),
      ...(failure === undefined ? {} : { error: failure }),
    });
  }
}

async function answerCall(
  call: Call,
  options: RegistryHandlerOptions & { readonly gates: Gates },
): Promise<void> {
  const { request, method, path } = call;
  const isRead = method === 'GET' || method === 'HEAD';
  if (path === '/healthz' && isRead) {
    call.route = 'health';
    return send(call, 200, 'text/plain', 'ok\n');
  }
  options.checkHost?.(request.headers.host);
  refuseCrossSiteWrite(request);
  const isPage = path === '/' || path.startsWith(PAGES);
  const isMetrics = options.metrics !== undefined && path === '/metrics';
  const route = isPage || isMetrics ? undefined : parseRoute(path);
  call.route = isPage ? 'page' : isMetrics ? 'metrics' : (route?.kind ?? 'none');
  if ((isPage || isMetrics) && !isRead)
    throw new Problem('UNSUPPORTED', `${method}: expected GET`, {
      headers: { allow: 'GET, HEAD' },
    });
  if (!route && !isPage && !isMetrics)
    throw new Problem('UNSUPPORTED', `${method} ${path}: no such end point`, { status: 404 });
  const rights = (await options.access?.of(request)) ?? UNRESTRICTED;
  call.user = rights.user;
  if (route) await answerRoute(call, { ...options, route, rights });
  else if (isPage) await sendPage(call, options.hosted, rights);
  else await sendMetrics(call, options.metrics, rights);
}

async function answerRoute(
  { request, response, method, query, address, signal }: Call,
  {
    hosted,
    hosting,
    gates,
    route,
    rights,
  }: RegistryHandlerOptions & {
    readonly gates: Gates;
    readonly route: Route;
    readonly rights: Rights;
  },
): Promise<void> {
  requirePermission(method, route, rights);
  const work = workFor(method, route);
  const client = clientOf(address);
  using _ = bringsContent(method, route) ? gates.uploads.enter(client) : undefined;
  await work({
    request,
    response,
    hosted,
    query,
    signal,
    rights,
    body: bodyOf(request),
    manifestBytes: DEFAULT_LIMITS.manifestBytes,
    reserve: (bytes) => gates.manifests.enter(client, bytes),
    hosting: () => {
      if (hosting) return hosting;
      throw new Problem('UNSUPPORTED', 'this registry is read-only');
    },
  });
}

async function sendPage(call: Call, hosted: RegistryReader, rights: Rights): Promise<void> {
  const { request, response, path, query } = call;
  if (rights.user === undefined && !rights.readsAll) throw challenge();
  const host = request.headers.host ?? '';
  const text = await renderPage({ hosted, rights, host, path, query });
  response.setHeader(
    'content-security-policy',
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  );
  const status = text === undefined ? 404 : 200;
  send(call, status, 'text/html; charset=utf-8', text ?? 'There is no such page.\n');
}

async function sendMetrics(
  call: Call,
  metrics: Metrics | undefined,
  { user, readsAll }: Rights,
): Promise<void> {
  if (!readsAll && user === undefined) throw challenge();
  if (!readsAll || !metrics)
    throw new Problem('DENIED', 'metrics are for users who may read every repository');
  const { type, body } = await metrics.text();
  send(call, 200, type, body);
}

function send({ method, response }: Call, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(method === 'HEAD' ? undefined : body);
}

function refuse(request: IncomingMessage, response: ServerResponse, problem: Problem): void {
  // Too late for an error: the client sees an answer that breaks off.
  if (response.headersSent || response.destroyed) return void response.destroy();
  // The rest of the body is not read.
  const unread = request.complete ? {} : { connection: 'close' };
  const { body, status, headers } = problem;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...unread,
    ...headers,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
