import type { IncomingMessage } from 'node:http';
import { debug } from '../../debug.js';
import { ImageError, systemCode } from '../../errors.js';
import { answerOf, readAnswer, type Answer } from './answer.js';
import { Authorization, type SendTokenRequest } from '../auth/authorization.js';
import { registryTls, type CertificateOptions, type RegistryTls } from './certificates.js';
import { Connections, type SendOptions } from './connections.js';
import type { Credentials } from '../auth/credentials.js';
import { parseResponseUrl } from '../given-url.js';
import { hostOf, isLoopback } from '../host.js';
import { networkFailure } from '../../http/network-failure.js';
import { statusError } from './refusal.js';
import type { Wording } from '../../wording.js';
import {
  parseRetryAfter,
  isTransient,
  isPermanent,
  isTimeout,
  backOff,
  unreachable,
  waitFor,
  type Wait,
  RETRIED_STATUSES,
} from './retry.js';
import { isFollowed, type Refused, type RegistryRequest } from './request.js';
import type { Surroundings } from '../../surroundings.js';
import { speaksHttp } from './speaks-http.js';

/** Options for connecting to a registry. */
export interface ConnectionOptions extends CertificateOptions {
  /**
   * Use HTTP instead of HTTPS. When omitted, a registry on this machine is tried with HTTP first, every other one with HTTPS
   * only.
   */
  readonly plainHttp?: boolean | undefined;
  /** Timeout for a server that neither accepts nor sends data (ms); 60,000 when omitted. */
  readonly timeout?: number | undefined;
  /** Timeout for a server that does not accept the connection (ms); that of the system when omitted. */
  readonly connectTimeout?: number | undefined;
  /** How often a request with a transient failure is repeated; 4 when omitted. */
  readonly retries?: number | undefined;
}

export interface RegistryOptions extends ConnectionOptions {
  readonly credentials: Credentials;
  /** The hint of a refusal for want of a login; a general one when omitted. */
  readonly loginHint?: (() => Wording) | undefined;
  readonly surroundings: Surroundings;
  /** How the client waits before another try; a test waits for no time. */
  readonly wait?: Wait;
  /** Its requests are those of clients that try again themselves: it reports refusals and timeouts at once, and never waits. */
  readonly isRelay?: boolean | undefined;
}

const MAX_REDIRECTS = 5;
const DEFAULT_TIMEOUT_MS = 60_000;
/** The largest response of a token server, in bytes. */
const MAX_TOKEN_BYTES = 1024 * 1024;
/** Repositories whose tokens are kept: bounded, since clients of a mirror may name any number of repositories. */
const MAX_AUTHORIZATIONS = 1_000;

/**
 * Sends requests to one registry (OCI distribution spec 1.1): authorization, retries, redirects. Credentials, client
 * certificates and `insecureSkipTlsVerify` apply to the registry's own origin only.
 */
export class RegistryClient implements AsyncDisposable {
  readonly registry: string;
  /** Waits before another try. */
  readonly wait: Wait;
  readonly isRelay: boolean;
  /** Returns the current time, in milliseconds since 1970. */
  readonly now: () => number;
  /** Requests that this registry has refused once: they are not sent again. */
  readonly refused: Refused = { chunks: false, largeChunks: false, anonymousMounts: false };
  readonly #origin: URL;
  readonly #connections: Connections;
  readonly #options: RegistryOptions;
  readonly #authorizations = new Map<string, Authorization>();
  /** No request is sent before this time, set by `Retry-After`, on the clock of `performance.now()`. */
  #pausedUntil = 0;

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
    this.wait = options.wait ?? waitFor;
    this.isRelay = options.isRelay ?? false;
    this.now = options.surroundings.now;
  }

  /**
   * Opens a client. Only a registry on this machine is connected to, to detect whether it uses TLS.
   *
   * @throws ImageError USAGE (certificates)
   */
  static async open(registry: string, options: RegistryOptions): Promise<RegistryClient> {
    const host = hostOf(registry);
    const { surroundings, plainHttp, timeout = DEFAULT_TIMEOUT_MS, connectTimeout } = options;
    const reach = { env: surroundings.env, timeout, connectTimeout };
    const isPlain = plainHttp ?? (isLoopback(host) && (await speaksHttp(host, reach)));
    const readTls = () => registryTls(host, options, surroundings);
    const origin = new URL(`${isPlain ? 'http' : 'https'}://${host}/`);
    let tls: RegistryTls | undefined = isPlain ? undefined : await readTls();
    const connections = new Connections({
      ...reach,
      isBounded: options.isRelay !== true,
      tlsFor: async (url) => {
        tls ??= await readTls();
        return url.origin === origin.origin ? tls.own : tls.elsewhere;
      },
    });
    return new RegistryClient(registry, origin, connections, options);
  }

  /**
   * Sends a request, and retries transient failures.
   *
   * @returns a response with one of the expected statuses
   * @throws ImageError UNAUTHORIZED, DENIED, NOT_FOUND, CONFLICT, INVALID, UNAVAILABLE; errors of the body
   */
  async request(request: RegistryRequest): Promise<Answer> {
    const { wait, isRelay } = this;
    const { retries = 4, loginHint } = this.#options;
    for (let tries = 0; ; tries++) {
      request.signal?.throwIfAborted();
      await wait(this.#pausedUntil - performance.now(), request);
      const last = request.once === true || tries >= retries;
      let answer: Answer;
      try {
        answer = await this.#sendAuthorized(request);
      } catch (error) {
        if (!isTransient(error)) throw error;
        if (last || isPermanent(error, tries) || (isRelay && isTimeout(error)))
          throw unreachable(this.registry, error);
        debug('http', () => `${request.method}: try ${tries + 2} of ${retries + 1} follows`);
        await wait(backOff(tries), request);
        continue;
      }
      if (request.expected.includes(answer.status)) return answer;
      const isTemporary = RETRIED_STATUSES.has(answer.status);
      // `Retry-After` applies to all requests to the registry, also where the caller repeats this one.
      const asked = isTemporary
        ? parseRetryAfter(answer.header('retry-after'), this.now())
        : undefined;
      if (asked !== undefined && !isRelay)
        this.#pausedUntil = Math.max(this.#pausedUntil, performance.now() + asked);
      if (last || isRelay || !isTemporary)
        throw await statusError(request, answer, { registry: this.registry, loginHint });
      await answer.dump();
      debug('http', () => `${request.method}: try ${tries + 2} of ${retries + 1} follows`);
      if (asked === undefined) await wait(backOff(tries), request);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connections[Symbol.dispose]();
  }

  async #sendAuthorized(request: RegistryRequest): Promise<Answer> {
    const authorization = this.#authorizationFor(request.scope);
    for (let tried = 0; ; tried++) {
      const used = authorization.headerFor(request.scope);
      const answer = await this.#followRedirects(request, used);
      if (answer.status !== 401 || !answer.isOwn || tried === 2) return answer;
      const asked = answer.header('www-authenticate');
      if (!(await authorization.answer(asked, request.scope, used))) return answer;
      await answer.dump();
    }
  }

  /**
   * Sends a request, following redirects; a write is sent again with its method and body. Once another origin was
   * reached, no later hop is authorized.
   */
  async #followRedirects(
    request: RegistryRequest,
    authorization: string | undefined,
  ): Promise<Answer> {
    let url = parseResponseUrl(request.url, this.#origin, 'request');
    let isOwn = true;
    for (let hops = 0; ; hops++) {
      isOwn &&= url.origin === this.#origin.origin;
      const { method, body, lend, signal } = request;
      const headers = {
        ...request.headers,
        ...(isOwn && authorization !== undefined ? { authorization } : {}),
      };
      const message = await this.#send(url, { method, headers, body: body?.(), lend, signal });
      const answer = answerOf(message, url, isOwn);
      const location = answer.header('location');
      if (!isFollowed(method, answer.status) || location === undefined) return answer;
      await answer.dump();
      url = parseResponseUrl(location, url, 'redirect');
      if (hops === MAX_REDIRECTS)
        throw new ImageError(
          'UNAVAILABLE',
          `${this.registry}: more than ${MAX_REDIRECTS} redirects; the next one leads to ${url.origin}`,
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
    if (this.#authorizations.size === MAX_AUTHORIZATIONS && oldest !== undefined)
      this.#authorizations.delete(oldest);
    const authorization = new Authorization(
      this.#origin,
      () => this.#options.credentials(this.registry, repository),
      (request) => this.#requestToken(request),
      this.#options.loginHint,
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
      return { status, body: await readAnswer(answer, { limit: MAX_TOKEN_BYTES, what: 'token' }) };
    await answer.dump();
    return { status, body: new Uint8Array() };
  }

  /** Sends one request. A network error of a host other than the registry names that host. */
  async #send(url: URL, options: SendOptions): Promise<IncomingMessage> {
    try {
      return await this.#connections.send(url, options);
    } catch (cause) {
      if (!isTransient(cause) || url.origin === this.#origin.origin) throw cause;
      const error = new Error(`${url.host}: ${networkFailure(cause)}`, { cause });
      throw Object.assign(error, { code: systemCode(cause), syscall: 'connect' });
    }
  }
}
