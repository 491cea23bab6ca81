import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import { ImageError, systemCode } from '../../errors.js';
import { sendRequest } from '../../http/send-request.js';
import { isObject } from '../../oci/json.js';
import type { Bytes, CallOptions } from '../../transfer/store.js';
import type { DockerTarget } from './docker-host.js';
import { SshAgent } from './docker-ssh.js';

export interface DockerRequest extends CallOptions {
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** An object goes as JSON, bytes as a tar. */
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

/** Requests to a Docker Engine (API 1.41), or to one that speaks its API. */
export class DockerApi implements Disposable {
  readonly location: string;
  readonly #options: RequestOptions;
  readonly #request: typeof requestHttp;
  readonly #ssh: SshAgent | undefined;

  constructor(location: string, { connection: { ssh, ...options } }: DockerTarget) {
    this.location = location;
    this.#request = options.protocol === 'https:' ? requestHttps : requestHttp;
    this.#ssh = ssh && new SshAgent(ssh);
    this.#options = this.#ssh ? { agent: this.#ssh } : options;
  }

  /** @returns its answer, which is a `T` when the engine is what it says @throws as `stream` */
  async json<T>(method: string, path: string, options?: DockerRequest): Promise<T> {
    return JSON.parse(await this.text(method, path, options)) as T;
  }

  /** @throws as `stream` */
  async text(method: string, path: string, options?: DockerRequest): Promise<string> {
    const answer = await this.stream(method, path, options);
    try {
      return await text(answer);
    } catch (error) {
      throw this.#meaning(error, options?.signal);
    }
  }

  /**
   * A request whose answer is read as it comes, to its end. When the body fails, the request is cut off, so the engine
   * sees an unfinished tar and keeps nothing of it; the body's own error is thrown, here or by the answer.
   *
   * @throws ImageError NOT_FOUND, CONFLICT, INVALID (what else it refuses), UNAVAILABLE
   */
  async stream(
    method: string,
    path: string,
    { query = {}, body, signal }: DockerRequest = {},
  ): Promise<IncomingMessage> {
    const parameters = new URLSearchParams(
      Object.entries(query).filter((each): each is [string, string] => each[1] !== undefined),
    ).toString();
    const request = this.#request({
      ...this.#options,
      method,
      path: parameters === '' ? path : `${path}?${parameters}`,
      headers: { 'content-type': isBytes(body) ? 'application/x-tar' : 'application/json' },
      signal,
    });
    try {
      const answer = await sendRequest(
        request,
        isBytes(body) ? body : body && JSON.stringify(body),
      );
      const { statusCode: status = 0 } = answer;
      if (status >= 200 && status < 300) return answer;
      throw this.#refused(status, await text(answer));
    } catch (error) {
      throw this.#meaning(error, signal);
    }
  }

  [Symbol.dispose](): void {
    this.#ssh?.destroy();
  }

  #refused(status: number, answer: string): ImageError {
    const code = status === 404 ? 'NOT_FOUND' : status === 409 ? 'CONFLICT' : 'INVALID';
    const { location } = this;
    const why = messageIn(answer) || `HTTP status ${status}`;
    return new ImageError(code, `${location}: ${why}`, { location });
  }

  #meaning(error: unknown, signal: AbortSignal | undefined): unknown {
    const reason: unknown = signal?.aborted ? signal.reason : error;
    const isLate = reason instanceof Error && reason.name === 'TimeoutError';
    const got = isLate ? 'no answer in time' : systemCode(reason);
    if (!isLate && !CONNECTION_ERRORS.has(got ?? '')) return reason;
    const { location } = this;
    return new ImageError('UNAVAILABLE', `${location}: expected a Docker Engine, got ${got}`, {
      location,
      hint: 'Start it, name another with --host or DOCKER_HOST, or use --engine embedded.',
      cause: reason,
    });
  }
}

function isBytes(body: object | undefined): body is Bytes {
  return body !== undefined && Symbol.asyncIterator in body;
}

/** Why it refused: JSON with a `message`, or the words of something before it. */
function messageIn(answer: string): string {
  try {
    const value: unknown = JSON.parse(answer);
    if (isObject(value) && typeof value['message'] === 'string') return value['message'];
  } catch {
    // Then it is words.
  }
  return answer.trim();
}
