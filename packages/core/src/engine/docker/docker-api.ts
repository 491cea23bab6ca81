import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import { debug } from '../../debug.js';
import { ImageError, systemCode } from '../../errors.js';
import { networkFailure } from '../../http/network-failure.js';
import { sendRequest } from '../../http/send-request.js';
import { apiVersionFor, isAtLeast } from './api-version.js';
import { Fields } from './fields.js';
import { isObject } from '../../oci/json.js';
import type { Bytes, CallOptions } from '../../transfer/store.js';
import type { DockerTarget } from './docker-host.js';
import { SshAgent } from './docker-ssh.js';
import { option, wording } from '../../wording.js';

export interface DockerRequest extends CallOptions {
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** An object is sent as JSON, bytes as a tar. */
  readonly body?: object | Bytes;
}

const CONNECTION_ERRORS: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'EACCES',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EPROTOTYPE',
  'ENOTSOCK',
]);

/**
 * Sends requests to a Docker Engine, or to another engine with the same API (1.41 or newer). After {@link DockerApi.ping}
 * they name the version of the API.
 */
export class DockerApi implements Disposable {
  readonly location: string;
  readonly #options: RequestOptions;
  readonly #request: typeof requestHttp;
  readonly #ssh: SshAgent | undefined;
  #version: string | undefined;

  constructor(location: string, { connection: { ssh, ...options } }: DockerTarget) {
    this.location = location;
    this.#request = options.protocol === 'https:' ? requestHttps : requestHttp;
    this.#ssh = ssh && new SshAgent(ssh);
    this.#options = this.#ssh ? { agent: this.#ssh } : options;
  }

  /** Checks that the engine answers, and learns its version of the API. @param timeout in milliseconds. @throws as `stream` */
  async ping(timeout: number): Promise<void> {
    const signal = AbortSignal.timeout(timeout);
    const answer = await this.stream('GET', '/_ping', { signal });
    await this.#read(answer, signal);
    this.#version = apiVersionFor(answer.headers['api-version']);
  }

  /** Whether the engine has this version of the API; false before `ping`. */
  speaks(version: string): boolean {
    return isAtLeast(this.#version, version);
  }

  /** The response, an object. @throws ImageError INVALID (something else); as `stream` */
  async object(method: string, path: string, options?: DockerRequest): Promise<Fields> {
    return new Fields(await this.#json(method, path, options), `${this.location}${path}`);
  }

  /** The response, a list of objects; empty for null, which some engines send for an empty list. @throws ImageError INVALID (something else); as `stream` */
  async list(path: string, options?: CallOptions): Promise<readonly Fields[]> {
    return Fields.listOf((await this.#json('GET', path, options)) ?? [], `${this.location}${path}`);
  }

  /** @throws as `stream` */
  async text(method: string, path: string, options?: DockerRequest): Promise<string> {
    return this.#read(await this.stream(method, path, options), options?.signal);
  }

  /**
   * Sends a request and streams the response, which must be read to its end. When the body fails, the request is
   * aborted, so the engine gets an unfinished tar and discards it; the body's own error is thrown, here or by the
   * response.
   *
   * @throws ImageError NOT_FOUND, CONFLICT, INVALID (any other error status), UNAVAILABLE
   */
  async stream(
    method: string,
    path: string,
    { query = {}, body, signal }: DockerRequest = {},
  ): Promise<IncomingMessage> {
    const parameters = new URLSearchParams(
      Object.entries(query).filter((each): each is [string, string] => each[1] !== undefined),
    ).toString();
    const versioned = this.#version === undefined ? path : `/v${this.#version}${path}`;
    const request = this.#request({
      ...this.#options,
      method,
      path: parameters === '' ? versioned : `${versioned}?${parameters}`,
      headers: { 'content-type': isBytes(body) ? 'application/x-tar' : 'application/json' },
      signal,
    });
    try {
      const answer = await sendRequest(
        request,
        isBytes(body) ? body : body && JSON.stringify(body),
      );
      const { statusCode: status = 0 } = answer;
      // The query may hold build arguments.
      debug('engine', () => `${method} ${path}: ${status}`);
      if (status >= 200 && status < 300) return answer;
      throw this.#statusError(status, await text(answer));
    } catch (error) {
      throw this.#translateError(error, signal);
    }
  }

  [Symbol.dispose](): void {
    this.#ssh?.destroy();
  }

  async #read(answer: IncomingMessage, signal: AbortSignal | undefined): Promise<string> {
    try {
      return await text(answer);
    } catch (error) {
      throw this.#translateError(error, signal);
    }
  }

  async #json(method: string, path: string, options?: DockerRequest): Promise<unknown> {
    const answer = await this.text(method, path, options);
    try {
      return JSON.parse(answer);
    } catch (cause) {
      const { location } = this;
      const got = JSON.stringify(answer.slice(0, 200));
      throw new ImageError('INVALID', `${location}${path}: expected JSON, got ${got}`, {
        location,
        cause,
      });
    }
  }

  #statusError(status: number, answer: string): ImageError {
    const code = status === 404 ? 'NOT_FOUND' : status === 409 ? 'CONFLICT' : 'INVALID';
    const { location } = this;
    const why = messageIn(answer) || `HTTP status ${status}`;
    return new ImageError(code, `${location}: ${why}`, { location });
  }

  #translateError(error: unknown, signal: AbortSignal | undefined): unknown {
    const reason: unknown = signal?.aborted ? signal.reason : error;
    const isLate = reason instanceof Error && reason.name === 'TimeoutError';
    if (!isLate && !CONNECTION_ERRORS.has(systemCode(reason) ?? '')) return reason;
    const why = isLate ? 'no answer in time' : networkFailure(reason);
    const { location } = this;
    return new ImageError('UNAVAILABLE', `${location}: no Docker Engine answers: ${why}`, {
      location,
      hint: wording`Start it, give another address with ${option('host')} or DOCKER_HOST, or use ${option('engine', 'embedded')}.`,
      cause: reason,
    });
  }
}

function isBytes(body: object | undefined): body is Bytes {
  return body !== undefined && Symbol.asyncIterator in body;
}

/** The text of an error: `message` of a JSON body, or the plain text that a proxy sends. */
function messageIn(answer: string): string {
  try {
    const value: unknown = JSON.parse(answer);
    if (isObject(value) && typeof value['message'] === 'string') return value['message'];
  } catch {
    // Plain text.
  }
  return answer.trim();
}
