import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Readable, type Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { isAtLeast } from '../is-at-least.js';
import { apiVersionFor } from './api-version.js';
import { requestError } from './docker-errors.js';
import { Fields } from './fields.js';
import type { Bytes, CallOptions } from '../../transfer/store.js';
import type { DockerTarget } from './connection/docker-host.js';
import { Docker } from './dockerode.js';
import { engineModem, type Dial, type EngineModem } from './engine-modem.js';

export interface DockerRequest extends CallOptions {
  /** A list is a parameter for each of its values. */
  readonly query?: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** An object is sent as JSON, bytes as they are. */
  readonly body?: object | Bytes;
  /** Of bytes; that of a tar when omitted. */
  readonly contentType?: string;
  /** Whether the response is read by `lentBody`. */
  readonly lend?: boolean;
}

/**
 * Sends requests to a Docker Engine, or to another engine with the same API (1.41 or newer). After {@link DockerApi.ping}
 * they name the version of the API.
 */
export class DockerApi implements Disposable {
  readonly location: string;
  /** For calls whose answers need no check; they fail as `stream`. */
  readonly client: Docker;
  readonly #modem: EngineModem;
  #version: string | undefined;

  constructor(location: string, { connection }: DockerTarget) {
    this.location = location;
    this.#modem = engineModem(location, connection);
    const options: object = { modem: this.#modem };
    this.client = new Docker(options);
  }

  /** Checks that the engine answers, and learns its version of the API. @param timeout in milliseconds. @throws as `stream` */
  async ping(timeout: number): Promise<void> {
    const signal = AbortSignal.timeout(timeout);
    const answer = await this.stream('GET', '/_ping', { signal });
    await text(answer).catch((error: unknown) => {
      throw requestError(this.location, error, signal);
    });
    this.#version = apiVersionFor(answer.headers['api-version']);
    if (this.#version !== undefined) this.#modem.version = `v${this.#version}`;
  }

  /** Whether the engine has this version of the API; false before `ping`. */
  speaks(version: string): boolean {
    return this.#version !== undefined && isAtLeast(this.#version, version);
  }

  /** The response, an object. @throws ImageError INVALID (something else); as `stream` */
  async object(method: string, path: string, options?: DockerRequest): Promise<Fields> {
    return new Fields(await this.#call(method, path, options), `${this.location}${path}`);
  }

  /** The response, a list of objects; empty for null, which some engines send for an empty list. @throws ImageError INVALID (something else); as `stream` */
  async list(path: string, options?: DockerRequest): Promise<readonly Fields[]> {
    return Fields.listOf((await this.#call('GET', path, options)) ?? [], `${this.location}${path}`);
  }

  /**
   * Sends a request and streams the response, which must be read to its end. When the body fails, the request is
   * aborted, so the engine gets an unfinished tar and discards it; the body's own error is thrown, here or by the
   * response.
   *
   * @throws ImageError NOT_FOUND, CONFLICT, INVALID (any other error status), UNAVAILABLE
   */
  async stream(method: string, path: string, options?: DockerRequest): Promise<IncomingMessage> {
    return (await this.#call(method, path, options, true)) as IncomingMessage;
  }

  /**
   * Opens a connection on which the engine speaks another protocol, such as `h2c`, after `101 Switching Protocols`.
   *
   * @throws as `stream`
   */
  async upgrade(
    path: string,
    protocol: string,
    { headers, signal }: CallOptions & { readonly headers: OutgoingHttpHeaders },
  ): Promise<Duplex> {
    const request = { method: 'POST', path, headers: { ...headers, Upgrade: protocol } };
    return (await this.#dial({ ...request, hijack: true }, signal)) as Duplex;
  }

  [Symbol.dispose](): void {
    this.#modem[Symbol.dispose]();
  }

  #call(
    method: string,
    path: string,
    { query = {}, body, contentType = 'application/x-tar', lend, signal }: DockerRequest = {},
    isStream = false,
  ): Promise<unknown> {
    const present = Object.entries(query).filter(([, value]) => value !== undefined);
    const tar = isBytes(body) ? Readable.from(body, { objectMode: false }) : undefined;
    const request = {
      method,
      path: present.length === 0 ? path : `${path}?`,
      options: { _query: Object.fromEntries(present), _body: body ?? {} },
      ...(tar ? { file: tar, headers: { 'Content-Type': contentType } } : {}),
      isStream,
      lend,
    };
    return this.#dial(request, signal);
  }

  #dial(request: Dial, signal: AbortSignal | undefined): Promise<unknown> {
    const options = signal ? { ...request, abortSignal: signal } : request;
    return new Promise((resolve, reject) => {
      this.#modem.dial(options, (error, answer) => (error ? reject(error) : resolve(answer)));
    });
  }
}

function isBytes(body: object | undefined): body is Bytes {
  return body !== undefined && Symbol.asyncIterator in body;
}
