import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { chunksOf } from '../../transfer/chunks-of.js';
import { DEFAULT_LIMITS } from '../../oci/limits.js';
import type { RegistryReader, RegistryStorage } from '../hosted.js';
import { challenge, UNRESTRICTED, type Access, type Rights } from '../access/access.js';
import { beginReport, type AnsweredRequest } from './answered-request.js';
import { bodyOf } from './body.js';
import { refuseCrossSiteWrite, setBrowserHeaders } from '../access/browser-guard.js';
import { addressOf, clientOf } from '../access/client-address.js';
import { uploadsContent, workFor } from './endpoints.js';
import { Health } from './health.js';
import { requestLimits, type RequestLimits } from './limiter.js';
import type { Metrics } from '../metrics.js';
import { PAGES } from '../pages/paths.js';
import { requirePermission } from './permission.js';
import { toProblem, Problem } from '../problem.js';
import { inNamespace } from './in-namespace.js';
import { parseTarget } from './request-target.js';
import { parseRoute, type Route } from './routes.js';
import { sendProblem } from './send-problem.js';
import { surroundingsOf, type Surroundings } from '../../surroundings.js';

/** Options of {@link registryHandler}. */
export interface RegistryHandlerOptions {
  /** The repositories to serve. */
  readonly reader: RegistryReader;
  /** The same repositories for writing; the registry is read-only when omitted. */
  readonly storage?: RegistryStorage | undefined;
  /** Access rules; unrestricted when omitted. */
  readonly access?: Access | undefined;
  /** Throws for a `Host` header that is not a name of the registry (see {@link hostCheck}); all are allowed when omitted. */
  readonly checkHost?: ((host: string | undefined) => void) | undefined;
  /** First components of repositories that clients may name by `?ns=` and the rest; `ns` is ignored without any. */
  readonly namespaces?: ReadonlySet<string> | undefined;
  /** Served at `/metrics` to clients that may read every repository; no such endpoint when omitted. */
  readonly metrics?: Metrics | undefined;
  /** Throws when the storage cannot be used; `/healthz` then answers 503. Nothing is checked when omitted. */
  readonly check?: (() => Promise<void>) | undefined;
  /** Maximum number of concurrent uploads, a quarter of it per client; 500 when omitted. */
  readonly uploads?: number | undefined;
  /** Limits that are shared with other processes, in place of `uploads` and own ones. */
  readonly limits?: RequestLimits | undefined;
  /** Called after each request. */
  readonly onAnswered?: ((answered: AnsweredRequest) => void) | undefined;
  /** Returns the current time for `onAnswered`, in milliseconds since 1970; the clock of this process when omitted. */
  readonly now?: (() => number) | undefined;
}

interface Serving extends RegistryHandlerOptions {
  readonly now: Surroundings['now'];
  readonly limits: RequestLimits;
  readonly health: Health;
}

interface Routed {
  readonly limits: RequestLimits;
  readonly route: Route;
  readonly rights: Rights;
}

/** One request and its response, with facts for the log. */
interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly address: string;
  /** Returns a signal that is aborted when the response has ended or the client has disconnected. */
  readonly signal: () => AbortSignal;
  route: AnsweredRequest['route'];
  user?: string | undefined;
  repository?: string | undefined;
}

/**
 * A registry (OCI distribution spec 1.1) as a request handler for any `node:http` server, also in tests. Serves `/healthz`
 * and, at `/`, web pages, too.
 *
 * @example
 * const storage = openRegistryFolder('./registry');
 * const server = createServer(registryHandler({ reader: storage, storage }));
 * server.listen(5000, '127.0.0.1');
 */
export function registryHandler(options: RegistryHandlerOptions): RequestListener {
  const limits = options.limits ?? requestLimits(options.uploads);
  const health = new Health(options.check ?? (async () => undefined));
  const { now } = surroundingsOf({ now: options.now });
  const serving = { ...options, now, limits, health };
  return (request, response) => void handle(request, response, serving);
}

/** Answers one request, and reports how; it never throws. */
async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  options: Serving,
): Promise<void> {
  const report = beginReport(request, response, options.now);
  const call = beginCall(request, response);
  response.setHeader('x-request-id', report.id);
  response.setHeader('docker-distribution-api-version', 'registry/2.0');
  setBrowserHeaders(response);
  let failure: unknown;
  try {
    await answerCall(call, options);
  } catch (error) {
    const problem = toProblem(error);
    // A client that disconnected is not a failure of this registry.
    if (problem.status >= 500 && !response.closed) failure = error;
    sendProblem(request, response, problem);
  } finally {
    const answered = report.end(call, failure);
    options.metrics?.note(answered);
    options.onAnswered?.(answered);
  }
}

function beginCall(request: IncomingMessage, response: ServerResponse): Call {
  const { method = '', url = '' } = request;
  return {
    request,
    response,
    method,
    ...parseTarget(url),
    address: addressOf(request),
    signal: closingSignal(response),
    route: 'none',
  };
}

const CLOSED = new Error('the response has ended or the client has disconnected');

/** Most requests need no signal, and making one takes longer than reading a link. */
function closingSignal(response: ServerResponse): () => AbortSignal {
  let closed: AbortController | undefined;
  return () => {
    if (closed) return closed.signal;
    const { signal } = (closed = new AbortController());
    const abort = () => closed?.abort(CLOSED);
    if (response.closed) abort();
    else response.once('close', abort);
    return signal;
  };
}

async function answerCall(call: Call, options: Serving): Promise<void> {
  const { request, method, path } = call;
  const isRead = method === 'GET' || method === 'HEAD';
  if (path === '/healthz' && isRead) {
    call.route = 'health';
    const problem = await options.health.problem();
    return send(call, problem === undefined ? 200 : 503, 'text/plain', `${problem ?? 'ok'}\n`);
  }
  options.checkHost?.(request.headers.host);
  refuseCrossSiteWrite(request);
  const isPage = path === '/' || path.startsWith(PAGES);
  const isMetrics = options.metrics !== undefined && path === '/metrics';
  const route = isPage || isMetrics ? undefined : inNamespace(parseRoute(path), call, options);
  if (route && 'name' in route) call.repository = route.name;
  call.route = isPage ? 'page' : isMetrics ? 'metrics' : (route?.kind ?? 'none');
  if ((isPage || isMetrics) && !isRead)
    throw new Problem('UNSUPPORTED', `${method} is not allowed here, only GET and HEAD`, {
      headers: { allow: 'GET, HEAD' },
    });
  if (!route && !isPage && !isMetrics)
    throw new Problem('UNSUPPORTED', `${method} ${path}: no such endpoint`, { status: 404 });
  const rights = (await options.access?.of(request)) ?? UNRESTRICTED;
  call.user = rights.user;
  if (route) await answerRoute(call, { ...options, route, rights });
  else if (isPage) await sendPage(call, options.reader.local ?? options.reader, rights);
  else await sendMetrics(call, options.metrics, rights);
}

async function answerRoute(
  { request, response, method, query, address, signal }: Call,
  { reader, storage, limits, route, rights }: RegistryHandlerOptions & Routed,
): Promise<void> {
  requirePermission(method, route, rights);
  const work = workFor(method, route);
  const client = clientOf(address);
  using _ = uploadsContent(method, route) ? await limits.uploads.enter(client) : undefined;
  await work({
    request,
    response,
    reader,
    query,
    get signal() {
      return signal();
    },
    rights,
    // A failure does not destroy the request: its connection still carries the error response.
    body: bodyOf(chunksOf(request, { destroyOnReturn: false })),
    manifestBytes: DEFAULT_LIMITS.manifestBytes,
    reserve: async (bytes) => limits.manifests.enter(client, bytes),
    storage: () => {
      if (storage) return storage;
      throw new Problem('UNSUPPORTED', 'this registry is read-only');
    },
  });
}

async function sendPage(call: Call, reader: RegistryReader, rights: Rights): Promise<void> {
  const { request, response, path, query } = call;
  if (rights.user === undefined && !rights.readsAll) throw challenge();
  const host = request.headers.host ?? '';
  // Most registries are never looked at, so the pages are loaded when the first one is wanted.
  const { renderPage, missingPage, PAGE_POLICY } = await import('../pages/pages.js');
  const text = await renderPage({ reader, rights, host, path, query });
  response.setHeader('content-security-policy', `${PAGE_POLICY}; frame-ancestors 'none'`);
  const status = text === undefined ? 404 : 200;
  send(call, status, 'text/html; charset=utf-8', text ?? missingPage());
}

async function sendMetrics(
  call: Call,
  metrics: Metrics | undefined,
  { user, readsAll }: Rights,
): Promise<void> {
  if (!readsAll && user === undefined) throw challenge();
  if (!readsAll || !metrics)
    throw new Problem('DENIED', 'metrics require permission to read every repository');
  const { type, body } = await metrics.text();
  send(call, 200, type, body);
}

function send({ method, response }: Call, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(method === 'HEAD' ? undefined : body);
}
