import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream/promises';
import { buffer } from 'node:stream/consumers';
import { ImageError, systemCode } from '../errors.js';
import type { Bytes, CallOptions } from '../transfer/store.js';
import { Authorization } from './auth.js';
import { secureContextFor, type CertificateOptions } from './certificates.js';
import { Connections } from './connections.js';
import type { Credentials } from './credentials.js';
import { hostOf, isLoopback } from './host.js';
import { refusal } from './refusal.js';
import { askedFor, hintFor, isOfTheWay, isSettled, pause, rest, RETRIED } from './retry.js';

/** How to connect to a registry. */
export interface ConnectionOptions extends CertificateOptions {
  /**
   * Use HTTP instead of HTTPS. When omitted, a registry on this machine is tried with HTTP first, every other one with HTTPS
   * only.
   */
  readonly plainHttp?: boolean | undefined;
  /** Do not verify TLS certificates. */
  readonly insecureSkipTlsVerify?: boolean | undefined;
  /** Fail when no byte arrives for this long, in milliseconds; 60,000 when omitted. */
  readonly patience?: number | undefined;
  /** How often a request with a transient failure is repeated; 4 when omitted. */
  readonly retries?: number | undefined;
}

export interface RegistryOptions extends ConnectionOptions {
  readonly credentials: Credentials;
}

export interface RegistryRequest extends CallOptions {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** A path, or a whole URL that the registry gave. */
  readonly url: string;
  /** What it is for: `repository:team/app:pull,push`. */
  readonly scope: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Opened anew for every try. */
  readonly body?: () => Bytes | Uint8Array;
  /** Not to be sent again when it fails: what it changes there cannot be known then. */
  readonly once?: boolean;
  /** Statuses that are an answer; all others are errors. */
  readonly expected: readonly number[];
}

export interface Answer {
  readonly status: number;
  /** The first value of a header, by its name in lower case. */
  readonly header: (name: string) => string | undefined;
  /** Where it came from at last. */
  readonly url: URL;
  /** To be read to its end, or left with `dump`. */
  readonly body: Bytes;
  /** Reads the rest of the body and throws it away. */
  readonly dump: () => Promise<void>;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MOST_REDIRECTS = 5;
/** No answer within this long, and no byte of one (ms), is a failure. */
const PATIENCE = 60_000;

/** Talks to one registry (OCI distribution spec 1.1): authorization, retries, redirects. */
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

  /** Connects to nothing but a registry on this machine, to learn whether it speaks TLS. */
  static async open(registry: string, options: RegistryOptions): Promise<RegistryClient> {
    const host = hostOf(registry);
    const isLocal = isLoopback(host);
    const isPlain = options.plainHttp ?? (isLocal && (await speaksHttp(host)));
    const connections = new Connections({
      isLocal,
      patience: options.patience ?? PATIENCE,
      ...(isPlain ? {} : { secureContext: await secureContextFor(host, options) }),
      ...(options.insecureSkipTlsVerify ? { rejectUnauthorized: false } : {}),
    });
    const origin = new URL(`${isPlain ? 'http' : 'https'}://${host}/`);
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
      await rest(this.#quietUntil - Date.now(), request);
      const last = request.once === true || tries >= retries;
      let answer: Answer;
      try {
        answer = await this.#authorized(request);
      } catch (error) {
        if (!isOfTheWay(error)) throw error;
        if (last || isSettled(error, tries)) throw this.unreachable(request.method, error);
        await pause(tries, request);
        continue;
      }
      if (request.expected.includes(answer.status)) return answer;
      if (last || !RETRIED.has(answer.status)) throw await refusal(request.method, answer);
      await answer.dump();
      const asked = askedFor(answer.header('retry-after'));
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
      if (answer.status !== 401 || tried === 2) return answer;
      const asked = answer.header('www-authenticate');
      if (!(await authorization.answer(asked, request.scope, used))) return answer;
      await answer.dump();
    }
  }

  /** Follows redirects; what authorizes stays with the host that it is for. */
  async #followed(request: RegistryRequest, authorization: string | undefined): Promise<Answer> {
    let url = new URL(request.url, this.#origin);
    for (let hops = 0; ; hops++) {
      const isOurs = url.origin === this.#origin.origin;
      const answer = await this.#once(request, url, isOurs ? authorization : undefined);
      const location = answer.header('location');
      const isRead = request.method === 'GET' || request.method === 'HEAD';
      if (!isRead || !REDIRECTS.has(answer.status) || location === undefined) return answer;
      await answer.dump();
      const next = new URL(location, url);
      if (hops === MOST_REDIRECTS || (url.protocol === 'https:' && next.protocol !== 'https:'))
        throw new ImageError(
          'UNAVAILABLE',
          `${this.registry}: expected an answer, got a redirect to ${next.origin}`,
          { location: this.registry },
        );
      url = next;
    }
  }

  async #once(
    { method, headers, body, signal }: RegistryRequest,
    url: URL,
    authorization: string | undefined,
  ): Promise<Answer> {
    const answer = await this.#connections.send(url, {
      method,
      headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
      body: body?.(),
      signal,
    });
    return {
      status: answer.statusCode ?? 0,
      header: (name) => {
        const value = answer.headers[name];
        return Array.isArray(value) ? value[0] : value;
      },
      url,
      body: answer,
      dump: () => dump(answer),
    };
  }

  #authorizationFor(scope: string): Authorization {
    // Credentials may differ between repositories of one registry.
    const repository = /^repository:([^:]+):/.exec(scope)?.[1] ?? '';
    const known = this.#authorizations.get(repository);
    if (known) return known;
    const authorization = new Authorization(
      this.#origin,
      () => this.#options.credentials(this.registry, repository),
      async ({ url, ...request }) => {
        const answer = await this.#connections.send(new URL(url), request);
        return { status: answer.statusCode ?? 0, body: await buffer(answer) };
      },
    );
    this.#authorizations.set(repository, authorization);
    return authorization;
  }

  /** What is said when no try was answered. */
  unreachable(method: string, cause: unknown): ImageError {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new ImageError(
      'UNAVAILABLE',
      `${this.registry}: expected an answer to ${method}, got ${why === '' ? systemCode(cause) : why}`,
      { location: this.registry, cause, hint: hintFor(cause) },
    );
  }
}

/** What answers otherwise, or not at all, may speak TLS. */
async function speaksHttp(host: string): Promise<boolean> {
  using connections = new Connections({ isLocal: true, patience: PATIENCE });
  try {
    const answer = await connections.send(new URL(`http://${host}/v2/`), {
      method: 'GET',
      headers: {},
    });
    await dump(answer);
    // A server of TLS that is spoken to in plain says 400, or nothing.
    return answer.statusCode !== 400;
  } catch {
    return false;
  }
}

/** What is not wanted is read, so that the connection can be used again. */
async function dump(answer: IncomingMessage): Promise<void> {
  await finished(answer.resume()).catch(() => undefined);
}
