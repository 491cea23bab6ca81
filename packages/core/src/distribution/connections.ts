import * as http from 'node:http';
import * as https from 'node:https';
import type { SecureContext } from 'node:tls';
import { sendRequest } from '../http/send-request.js';
import type { Bytes, CallOptions } from '../transfer/store.js';

export interface ConnectionOptions {
  /** Whom to believe, and what to show, over https. */
  readonly secureContext?: SecureContext | undefined;
  readonly rejectUnauthorized?: boolean | undefined;
  /** How long the other side may do nothing (ms). */
  readonly patience: number;
  /** A proxy for this machine would be a mistake, whatever the environment says. */
  readonly isLocal: boolean;
}

export interface SendOptions extends CallOptions {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Bytes | Uint8Array | string | undefined;
}

/** A connection that was not used for so long (ms) may be one that the other side has closed. */
const IDLE = 4_000;
/** The environment names a proxy. */
const PROXY = /^(?:https?|all)_proxy$/i;

/** Connections that are used again, through the proxies of the environment. */
export class Connections implements Disposable {
  readonly #options: ConnectionOptions;
  /** By proxy; '' for none. */
  readonly #agents = new Map<string, http.Agent>();

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** @throws what `sendRequest` does */
  async send(
    url: URL,
    { method, headers, body, signal }: SendOptions,
  ): Promise<http.IncomingMessage> {
    const { secureContext, rejectUnauthorized, patience } = this.#options;
    const { request } = url.protocol === 'https:' ? https : http;
    const agent = await this.#agentFor(url);
    try {
      const options = { method, headers, agent, signal, secureContext, rejectUnauthorized };
      return await sendRequest(request(url, options), body, { patience });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    for (const agent of this.#agents.values()) agent.destroy();
  }

  async #agentFor(url: URL): Promise<http.Agent> {
    const proxy = this.#options.isLocal ? '' : await proxyFor(url);
    const key = `${url.protocol} ${proxy}`;
    const known = this.#agents.get(key);
    if (known) return known;
    const agent = await openAgent(url, proxy);
    this.#agents.set(key, agent);
    return agent;
  }
}

async function openAgent({ protocol }: URL, proxy: string): Promise<http.Agent> {
  const options = { keepAlive: true, timeout: IDLE };
  if (protocol === 'https:') {
    if (proxy === '') return new https.Agent(options);
    const { HttpsProxyAgent } = await import('https-proxy-agent');
    return new HttpsProxyAgent(proxy, options);
  }
  if (proxy === '') return new http.Agent(options);
  const { HttpProxyAgent } = await import('http-proxy-agent');
  return new HttpProxyAgent(proxy, options);
}

/** What `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say of a URL. */
async function proxyFor(url: URL): Promise<string> {
  if (!Object.keys(process.env).some((name) => PROXY.test(name))) return '';
  const { getProxyForUrl } = await import('proxy-from-env');
  return getProxyForUrl(url.href);
}
