import * as http from 'node:http';
import * as https from 'node:https';
import { debug } from '../../debug.js';
import { withLargeReads } from '../../http/large-reads.js';
import { sendRequest } from '../../http/send-request.js';
import type { Bytes, CallOptions } from '../../transfer/store.js';
import type { TlsOptions } from './certificates.js';
import { printableUrl } from '../given-url.js';
import type { Environment } from '../../surroundings.js';
import { proxyFor } from './proxy.js';
import { RequestLimits } from './request-limits.js';
import { userAgent } from './user-agent.js';

export interface ConnectionOptions {
  /** Environment variables, which may name proxies. */
  readonly env: Environment;
  /** TLS settings for a URL; called for https URLs only. */
  readonly tlsFor: (url: URL) => Promise<TlsOptions>;
  /** Whether {@link RequestLimits} bound its requests; they do when omitted. The clients of a relay have bounds of their own. */
  readonly isBounded?: boolean;
  /** Timeout for a server that neither accepts nor sends data (ms). */
  readonly timeout: number;
  /** Timeout for a server that does not accept the connection (ms). */
  readonly connectTimeout?: number | undefined;
}

export interface SendOptions extends CallOptions {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Bytes | Uint8Array | string | undefined;
  /** As `lend` of {@link sendRequest}. */
  readonly lend?: boolean | undefined;
}

/** An idle connection is closed after this long (ms), before the server may close it. */
const IDLE_TIMEOUT_MS = 4_000;

/** Sends requests over reused connections, through the proxies of the environment. */
export class Connections implements Disposable {
  readonly #options: ConnectionOptions;
  readonly #limits = new RequestLimits();
  /** By scheme and proxy URL ('' for none). */
  readonly #agents = new Map<string, http.Agent>();

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Sends a request when its turn comes. @throws as `sendRequest`; ImageError USAGE (invalid proxy in the environment) */
  async send(url: URL, options: SendOptions): Promise<http.IncomingMessage> {
    const { isBounded = true } = this.#options;
    const send = () => this.#send(url, options);
    return isBounded ? this.#limits.run(options, send) : send();
  }

  async #send(
    url: URL,
    { method, headers, body, lend, signal }: SendOptions,
  ): Promise<http.IncomingMessage> {
    const { tlsFor, timeout, connectTimeout } = this.#options;
    const start = performance.now();
    const shown = () =>
      `${method} ${printableUrl(url.href)} after ${(performance.now() - start).toFixed(0)} ms`;
    const isTls = url.protocol === 'https:';
    const { request } = isTls ? https : http;
    const agent = await this.#agentFor(url);
    try {
      const options = {
        method,
        headers: { 'user-agent': userAgent(), ...headers },
        agent,
        signal,
        ...(isTls ? await tlsFor(url) : {}),
      };
      const answer = await sendRequest(request(url, options), body, {
        timeout,
        connectTimeout,
        lend,
      });
      debug('http', () => `${shown()}: ${answer.statusCode ?? 0}`);
      return answer;
    } catch (error) {
      debug('http', () => `${shown()}: ${String(error)}`);
      signal?.throwIfAborted();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    for (const agent of this.#agents.values()) agent.destroy();
  }

  async #agentFor(url: URL): Promise<http.Agent> {
    const proxy = proxyFor(url, this.#options.env);
    const key = `${url.protocol} ${proxy}`;
    const known = this.#agents.get(key);
    if (known) return known;
    const agent = await openAgent(url, proxy);
    this.#agents.set(key, agent);
    return agent;
  }
}

async function openAgent({ protocol }: URL, proxy: string): Promise<http.Agent> {
  const options = { keepAlive: true, timeout: IDLE_TIMEOUT_MS };
  if (protocol === 'https:') {
    if (proxy === '') return withLargeReads(new https.Agent(options));
    const { HttpsProxyAgent } = await import('https-proxy-agent');
    return new HttpsProxyAgent(proxy, options);
  }
  if (proxy === '') return withLargeReads(new http.Agent(options));
  const { HttpProxyAgent } = await import('http-proxy-agent');
  return new HttpProxyAgent(proxy, options);
}
