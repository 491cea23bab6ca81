import type { IncomingMessage } from 'node:http';
import { ImageError, systemCode } from '../../errors.js';
import { answerOf, readAnswer, type Answer } from './answer.js';
import { Authorization, type SendTokenRequest } from '../auth/authorization.js';
import { registryTls, type CertificateOptions, type RegistryTls } from './certificates.js';
import { Connections, type SendOptions } from './connections.js';
import type { Credentials } from '../auth/credentials.js';
import { givenUrl } from './given-url.js';
import { hostOf, isLoopback } from '../host.js';
import { refusal } from './refusal.js';
import {
  parseRetryAfter,
  hintFor,
  isTransient,
  isPermanent,
  pause,
  retryDelay,
  RETRIED,
} from './retry.js';
import type { RegistryRequest } from './request.js';

/** How to connect to a registry. */
export interface ConnectionOptions extends CertificateOptions {
  /**
   * Use HTTP instead of HTTPS. When omitted, a registry on this machine is tried with HTTP first, every other one with HTTPS
   * only.
   */
  readonly plainHttp?: boolean | undefined;
  /** Fail when no answer, and no byte of one, arrives for this long, in milliseconds; 60,000 when omitted. */
  readonly patience?: number | undefined;
  /** How often a request with a transient failure is repeated; 4 when omitted. */
  readonly retries?: number | undefined;
}

export interface RegistryOptions extends ConnectionOptions {
  readonly credentials: Credentials;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MOST_REDIRECTS = 5;
/** No answer within this long, and no byte of one (ms), is a failure. */
const PATIENCE = 60_000;
/** The largest answer of an issuer of tokens, in bytes. */
const TOKEN_BYTES = 1024 * 1024;
/** How many repositories' tokens are remembered: clients of a mirror may name any number of repositories. */
const MOST_AUTHORIZATIONS = 1_000;

/**
 * Talks to one registry (OCI distribution spec 1.1): authorization, retries, redirects. Credentials, client
 * certificates and `insecureSkipTlsVerify` count for the registry's own origin alone.
 */
export class RegistryClient implements AsyncDisposable {
  readonly registry: string;
  readonly #origin: URL;
  readonly #connections: Connections;
  readonly #options: RegistryOptions;
  readonly #authorizations = new Map<string, Authorization>();
  /** Until when the registry asked to be left alone, in milliseconds since 1970. */
  #quietUntil = 0;

  private constructor(
    registry: string,
    origin: URL,
    connections: Connections,
    options: RegistryOptions,
  ) {
    this.registry = registry;
    this.#origin = origin;
    this.#connections = connections;
    this.#options = options;
  }

  /**
   * Connects to nothing but a registry on this machine, to learn whether it speaks TLS.
   *
   * @throws ImageError USAGE (certificates)
   */
  static async open(registry: string, options: RegistryOptions): Promise<RegistryClient> {
    const host = hostOf(registry);
    const isPlain = options.plainHttp ?? (isLoopback(host) && (await speaksHttp(host)));
    const origin = new URL(`${isPlain ? 'http' : 'https'}://${host}/`);
    let tls: RegistryTls | undefined = isPlain ? undefined : await registryTls(host, options);
    const connections = new Connections({
      patience: options.patience ?? PATIENCE,
      tlsFor: async (url) => {
        tls ??= await registryTls(host, options);
        return url.origin === origin.origin ? tls.own : tls.elsewhere;
      },
    });
    return new RegistryClient(registry, origin, connections, options);
  }

  /**
   * Sends a request until it is answered.
   *
   * @throws ImageError UNAUTHORIZED, DENIED, NOT_FOUND, CONFLICT, INVALID, UNAVAILABLE; whatever the body throws
   */
  async request(request: RegistryRequest): Promise<Answer> {
    const { retries = 4 } = this.#options;
    for (let tries = 0; ; tries++) {
      request.signal?.throwIfAborted();
      await retryDelay(this.#quietUntil - Date.now(), request);
      const last = request.once === true || tries >= retries;
      let answer: Answer;
      try {
        answer = await this.#authorized(request);
      } catch (error) {
        if (!isTransient(error)) throw error;
        if (last || isPermanent(error, tries)) throw this.unreachable(request.method, error);
        await pause(tries, request);
        continue;
      }
      if (request.expected.includes(answer.status)) return answer;
      if (last || !RETRIED.has(answer.status))
        throw await refusal(request.method, answer, this.registry);
      await answer.dump();
      const asked = parseRetryAfter(answer.header('retry-after'));
      // What it asks of one request it means for all.
      if (asked === undefined) await pause(tries, request);
      else this.#quietUntil = Math.max(this.#quietUntil, Date.now() + asked);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connections[Symbol.dispose]();
  }

  async #authorized(request: RegistryRequest): Promise<Answer> {
    const authorization = this.#authorizationFor(request.scope);
    for (let tried = 0; ; tried++) {
      const used = authorization.headerFor(request.scope);
      const answer = await this.#followed(request, used);
      if (answer.status !== 401 || !answer.isOwn || tried === 2) return answer;
      const asked = answer.header('www-authenticate');
      if (!(await authorization.answer(asked, request.scope, used))) return answer;
      await answer.dump();
    }
  }

  /** Follows the redirects of reads. After one to another origin no hop is authorized, not even one that leads back. */
  async #followed(request: RegistryRequest, authorization: string | undefined): Promise<Answer> {
    let url = givenUrl(request.url, this.#origin, 'request');
    let isOwn = true;
    for (let hops = 0; ; hops++) {
      isOwn &&= url.origin === this.#origin.origin;
      const { method, body, signal } = request;
      const headers = {
        ...request.headers,
        ...(isOwn && authorization !== undefined ? { authorization } : {}),
      };
      const message = await this.#send(url, { method, headers, body: body?.(), signal });
      const answer = answerOf(message, url, isOwn);
      const location = answer.header('location');
      const isRead = method === 'GET' || method === 'HEAD';
      if (!isRead || !REDIRECTS.has(answer.status) || location === undefined) return answer;
      await answer.dump();
      url = givenUrl(location, url, 'redirect');
      if (hops === MOST_REDIRECTS)
        throw new ImageError(
          'UNAVAILABLE',
          `${this.registry}: expected at most ${MOST_REDIRECTS} redirects, got another to ${url.origin}`,
          { location: this.registry },
        );
    }
  }

  #authorizationFor(scope: string): Authorization {
    // Credentials may differ between repositories of one registry.
    const repository = /^repository:([^:]+):/.exec(scope)?.[1] ?? '';
    const known = this.#authorizations.get(repository);
    if (known) return known;
    const [oldest] = this.#authorizations.keys();
    if (this.#authorizations.size === MOST_AUTHORIZATIONS && oldest !== undefined)
      this.#authorizations.delete(oldest);
    const authorization = new Authorization(
      this.#origin,
      () => this.#options.credentials(this.registry, repository),
      (request) => this.#requestToken(request),
    );
    this.#authorizations.set(repository, authorization);
    return authorization;
  }

  async #requestToken({
    url: text,
    ...request
  }: Parameters<SendTokenRequest>[0]): ReturnType<SendTokenRequest> {
    const url = new URL(text);
    const answer = answerOf(await this.#send(url, request), url, true);
    const { status } = answer;
    if (status === 200)
      return { status, body: await readAnswer(answer, { limit: TOKEN_BYTES, what: 'token' }) };
    await answer.dump();
    return { status, body: new Uint8Array() };
  }

  /** Sends one request; a network error names the host that is not the registry's own. */
  async #send(url: URL, options: SendOptions): Promise<IncomingMessage> {
    try {
      return await this.#connections.send(url, options);
    } catch (cause) {
      if (!isTransient(cause) || url.origin === this.#origin.origin) throw cause;
      const error = new Error(`${url.host}: ${reasonOf(cause)}`, { cause });
      throw Object.assign(error, { code: systemCode(cause), syscall: 'connect' });
    }
  }

  /** The error for a request that got no answer in any try. */
  unreachable(method: string, cause: unknown): ImageError {
    return new ImageError(
      'UNAVAILABLE',
      `${this.registry}: expected an answer to ${method}, got ${reasonOf(cause)}`,
      { location: this.registry, cause, hint: hintFor(cause) },
    );
  }
}

/** A certificate may list thousands of names in its error. */
function reasonOf(cause: unknown): string {
  const why = cause instanceof Error ? cause.message : String(cause);
  return (why === '' ? (systemCode(cause) ?? 'none') : why).slice(0, 300);
}

/** Whether a server of this machine answers over http; one that does not may speak TLS. */
async function speaksHttp(host: string): Promise<boolean> {
  const url = new URL(`http://${host}/v2/`);
  const tlsFor = () => Promise.reject(new TypeError('http has no TLS settings'));
  using connections = new Connections({ tlsFor, patience: PATIENCE });
  try {
    const answer = answerOf(await connections.send(url, { method: 'GET', headers: {} }), url, true);
    await answer.dump();
    // A server of TLS answers plain http with 400, or not at all.
    return answer.status !== 400;
  } catch {
    return false;
  }
}
