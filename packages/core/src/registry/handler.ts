import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { DEFAULT_LIMITS } from '../oci/limits.js';
import type { Hosted, Hosting } from '../transfer/hosted.js';
import { challenge, type Access, type May } from './access.js';
import { deleteBlob, sendBlob } from './blobs.js';
import { answerJson, type Exchange } from './exchange.js';
import { Gate } from './gate.js';
import { sendCatalog, sendReferrers, sendTags } from './lists.js';
import { deleteManifest, putManifest, sendManifest } from './manifests.js';
import { PAGES, renderPage } from './pages.js';
import { asProblem, Problem } from './problem.js';
import { parseRoute, type Route } from './routes.js';
import { appendUpload, cancelUpload, finishUpload, sendUpload, startUpload } from './uploads.js';

/** A request that was answered, for logs and metrics. */
export interface Answered {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  /** The kind of end point; `none` where there is none. */
  readonly route: Route['kind'] | 'page' | 'none';
  readonly status: number;
  readonly milliseconds: number;
  /** Why it was answered with an error of this registry's own. */
  readonly error?: unknown;
}

/** What a registry serves, and to whom. */
export interface RegistryHandlerOptions {
  readonly hosted: Hosted;
  /** The same repositories, if clients may write them; read-only when omitted. */
  readonly hosting?: Hosting | undefined;
  /** Access rules; everybody may do everything when omitted. */
  readonly access?: Access | undefined;
  /** How many uploads may run at once; 500 when omitted. */
  readonly uploads?: number | undefined;
  /** Called after each request. */
  readonly onAnswered?: (answered: Answered) => void;
}

type Work = (exchange: Exchange) => Promise<void>;

/**
 * A registry (OCI distribution spec 1.1) as a request handler: mount it in any server of `node:http`, or in a test.
 *
 * @example
 * const hosting = openRegistryFolder('./registry');
 * const server = createServer(registryHandler({ hosted: hosting, hosting }));
 * server.listen(5000, '127.0.0.1');
 */
export function registryHandler(options: RegistryHandlerOptions): RequestListener {
  const gate = new Gate(options.uploads ?? UPLOADS);
  return (request, response) => void handle(request, response, { ...options, gate });
}

/** Each holds a file open and a megabyte or two. */
const UPLOADS = 500;

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  { hosted, hosting, access, gate, onAnswered }: RegistryHandlerOptions & { readonly gate: Gate },
): Promise<void> {
  const start = performance.now();
  const id = randomUUID();
  const { method = '', url = '' } = request;
  const [path = '', search = ''] = split(withoutHost(url));
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.setHeader('x-request-id', id);
  response.setHeader('docker-distribution-api-version', 'registry/2.0');
  let failure: unknown;
  let kind: Answered['route'] = 'none';
  try {
    if (path === '/' || path.startsWith(PAGES)) {
      kind = 'page';
      return await sendPage(request, response, { hosted, access, path, search });
    }
    const route = parseRoute(path);
    kind = route?.kind ?? 'none';
    if (!route)
      throw new Problem('UNSUPPORTED', `${method} ${path}: no such end point`, { status: 404 });
    const { user, may } = (await access?.of(request)) ?? EVERYBODY;
    requirePermission(method, route, { user, may });
    const work = workOf(route)[method];
    if (!work) throw unsupported(method, route);
    using __ = bringsContent(method, route) ? gate.enter() : undefined;
    await work({
      request,
      response,
      hosted,
      query: new URLSearchParams(search),
      signal: gone.signal,
      may,
      manifestBytes: DEFAULT_LIMITS.manifestBytes,
      hosting: () => {
        if (hosting) return hosting;
        throw new Problem('UNSUPPORTED', 'this registry is read-only');
      },
    });
  } catch (error) {
    const problem = asProblem(error);
    // A client that went away is no failure of ours.
    if (problem.status >= 500 && !gone.signal.aborted) failure = error;
    refuse(request, response, problem);
  } finally {
    const { statusCode: status } = response;
    const milliseconds = performance.now() - start;
    onAnswered?.({
      id,
      method,
      path,
      route: kind,
      status,
      milliseconds,
      ...(failure === undefined ? {} : { error: failure }),
    });
  }
}

async function sendPage(
  request: IncomingMessage,
  response: ServerResponse,
  {
    hosted,
    access,
    path,
    search,
  }: Pick<RegistryHandlerOptions, 'hosted' | 'access'> & Record<'path' | 'search', string>,
): Promise<void> {
  const { method, headers } = request;
  if (method !== 'GET' && method !== 'HEAD')
    throw new Problem('UNSUPPORTED', `${method}: expected GET`);
  const { user, may } = (await access?.of(request)) ?? EVERYBODY;
  if (user === undefined && !may('read', '')) throw challenge();
  const query = new URLSearchParams(search);
  const text = await renderPage({ hosted, may, host: headers.host ?? '', path, query });
  response.writeHead(text === undefined ? 404 : 200, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  });
  response.end(method === 'HEAD' ? undefined : (text ?? 'There is no such page.\n'));
}

const EVERYBODY: { readonly user?: string; readonly may: May } = { may: () => true };

/** @throws Problem UNAUTHORIZED (nobody has logged in), DENIED */
function requirePermission(
  method: string,
  route: Route,
  { user, may }: { readonly user?: string | undefined; readonly may: May },
): void {
  const wanted = method === 'GET' || method === 'HEAD' ? 'read' : 'write';
  // Clients learn from the root whether to log in. The catalog shows to each what that one may read.
  const isOpen = 'name' in route ? may(wanted, route.name) : user !== undefined || may('read', '');
  if (isOpen) return;
  if (user === undefined) throw challenge();
  const name = 'name' in route ? route.name : '';
  throw new Problem('DENIED', `${name}: expected somebody who may ${wanted} it, got ${user}`);
}

/** § Endpoints. */
function workOf(route: Route): Readonly<Record<string, Work | undefined>> {
  switch (route.kind) {
    case 'version':
      return read(async (exchange) => answerJson(exchange, {}));
    case 'catalog':
      return read(sendCatalog);
    case 'tags':
      return read((exchange) => sendTags(exchange, route.name));
    case 'referrers':
      return read((exchange) => sendReferrers(exchange, route.name, route.digest));
    case 'manifest': {
      const { name, reference } = route;
      return {
        ...read((exchange) => sendManifest(exchange, name, reference)),
        PUT: (exchange) => putManifest(exchange, name, reference),
        DELETE: (exchange) => deleteManifest(exchange, name, reference),
      };
    }
    case 'blob': {
      const { name, digest } = route;
      return {
        ...read((exchange) => sendBlob(exchange, name, digest)),
        DELETE: (exchange) => deleteBlob(exchange, name, digest),
      };
    }
    case 'uploads':
      return { POST: (exchange) => startUpload(exchange, route.name) };
    case 'upload': {
      const { name, id } = route;
      return {
        GET: (exchange) => sendUpload(exchange, name, id),
        PATCH: (exchange) => appendUpload(exchange, name, id),
        PUT: (exchange) => finishUpload(exchange, name, id),
        DELETE: (exchange) => cancelUpload(exchange, name, id),
      };
    }
  }
}

function bringsContent(method: string, { kind }: Route): boolean {
  return (kind === 'uploads' || kind === 'upload') && ['POST', 'PATCH', 'PUT'].includes(method);
}

function read(work: Work): Readonly<Record<'GET' | 'HEAD', Work>> {
  return { GET: work, HEAD: work };
}

function unsupported(method: string, route: Route): Problem {
  const allow = Object.keys(workOf(route)).join(', ');
  return new Problem('UNSUPPORTED', `${method}: expected one of ${allow}`, { headers: { allow } });
}

function refuse(request: IncomingMessage, response: ServerResponse, problem: Problem): void {
  // Too late for words: the client sees an answer that breaks off.
  if (response.headersSent || response.destroyed) return void response.destroy();
  // What is left of the body nobody will read.
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

/** A request may name the whole URL (RFC 9112 § 3.2.2); which host it names is nothing to us. */
function withoutHost(target: string): string {
  return target.replace(/^https?:\/\/[^/?]*/i, '');
}

function split(target: string): [path: string, search: string] {
  const at = target.indexOf('?');
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)];
}
