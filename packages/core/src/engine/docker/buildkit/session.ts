import { randomUUID } from 'node:crypto';
import {
  performServerHandshake,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import { debug } from '../../../debug.js';
import { drained } from '../../../transfer/tap.js';
import { readCalls, writeCall } from './grpc.js';

/** A method that the builder may call: takes messages and answers with messages. */
export type Method = (
  calls: AsyncIterable<Uint8Array>,
  headers: IncomingHttpHeaders,
) => AsyncIterable<Uint8Array>;

/** The methods that a session serves, by path: `/moby.buildkit.secrets.v1.Secrets/GetSecret`. */
export type Methods = Readonly<Record<string, Method>>;

/** A refusal of a call, with a status of gRPC. */
export class CallError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Statuses of gRPC. */
export const Status = { ok: 0, unknown: 2, notFound: 5, unimplemented: 12 } as const;

const HEALTH = '/grpc.health.v1.Health/Check';
const SERVING = Buffer.from([0x08, 0x01]);

/**
 * A session of a build: a connection on which the builder asks its client for secrets, credentials and keys, with gRPC.
 * The roles are swapped on it: the engine, to which we connected, is the client of HTTP/2.
 */
export class BuildSession implements Disposable {
  readonly id = randomUUID();
  readonly #methods: Methods;
  #session: ServerHttp2Session | undefined;

  constructor(methods: Methods) {
    this.#methods = { [HEALTH]: answerHealth, ...methods };
  }

  /** The headers of the request that opens it: its ID, and the methods that it serves. */
  get headers(): Readonly<Record<string, string | string[]>> {
    return {
      'x-docker-expose-session-uuid': this.id,
      'x-docker-expose-session-name': 'stowage',
      // Another for each: by it BuildKit knows earlier files, and takes one of the same size and time as unchanged.
      'x-docker-expose-session-sharedkey': this.id,
      'x-docker-expose-session-grpc-method': Object.keys(this.#methods),
    };
  }

  /** Serves the builder on an open connection, until the session is disposed of or the engine ends it. */
  serve(connection: Duplex): void {
    const session = performServerHandshake(connection);
    session.on('stream', (stream, headers) => void this.#answer(stream, headers));
    session.on('error', (error: Error) => debug('engine', () => `build session: ${error.message}`));
    this.#session = session;
  }

  [Symbol.dispose](): void {
    this.#session?.destroy();
  }

  async #answer(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    const path = headers[':path'] ?? '';
    let status: number = Status.ok;
    let message = '';
    stream.on('error', () => undefined);
    stream.on('wantTrailers', () =>
      stream.sendTrailers({
        'grpc-status': String(status),
        ...(message === '' ? {} : { 'grpc-message': encodeURIComponent(message) }),
      }),
    );
    stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
    try {
      const method = this.#methods[path];
      if (!method) throw new CallError(Status.unimplemented, `no method ${path}`);
      // A method may end before its caller does: the stream is still open for the status then.
      const calls = readCalls(stream.iterator({ destroyOnReturn: false }));
      for await (const answer of method(calls, headers)) {
        if (!stream.write(writeCall(answer))) await drained(stream);
        if (stream.destroyed) break;
      }
    } catch (error) {
      status = error instanceof CallError ? error.status : Status.unknown;
      message = error instanceof Error ? error.message : String(error);
    }
    debug('engine', () => `build session: ${path}: ${status}`);
    stream.end();
  }
}

async function* answerHealth(calls: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  for await (const _ of calls) yield SERVING;
}
