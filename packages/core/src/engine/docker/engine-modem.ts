import type { DialOptions } from 'docker-modem';
import {
  Agent,
  IncomingMessage,
  request as requestHttp,
  type ClientRequest,
  type RequestOptions,
} from 'node:http';
import { Agent as TlsAgent, request as requestHttps } from 'node:https';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { debug } from '../../debug.js';
import { withLargeReads } from '../../http/large-reads.js';
import { sendRequest } from '../../http/send-request.js';
import type { Bytes } from '../../transfer/store.js';
import { requestError, statusError } from './docker-errors.js';
import type { Connection } from './connection/docker-host.js';
import { SshAgent } from './connection/docker-ssh.js';
import { Modem } from './dockerode.js';

/** The part of dockerode that makes the requests of calls, with our own way to send them. */
export interface EngineModem extends Modem, Disposable {
  /** The version of the API that requests name: `v1.41`. */
  version?: string;
}

/** Close connections that are idle for longer (ms), before the engine does. */
const MAX_IDLE_MS = 5_000;

/**
 * The modem of dockerode for one engine. `http/send-request.ts` sends its requests: docker-modem itself follows redirects
 * to any host, and their errors end the process; it does not settle when an answer is cut, leaves a body open that the
 * engine did not read, and writes all options with their credentials into a debug text for each request. Its constructor
 * is left out, because it reads DOCKER_HOST and the files of DOCKER_CERT_PATH whatever it is given.
 *
 * Calls fail with ImageError NOT_FOUND, CONFLICT, INVALID (any other error status) or UNAVAILABLE, the reason of an abort,
 * or the error of a body.
 */
export function engineModem(location: string, { ssh, ...connection }: Connection): EngineModem {
  const isTls = connection.protocol === 'https:';
  const kept = { keepAlive: true, timeout: MAX_IDLE_MS };
  const agent = ssh
    ? new SshAgent(ssh)
    : withLargeReads(isTls ? new TlsAgent(kept) : new Agent(kept));
  const buildRequest = (
    options: RequestOptions,
    context: Dial,
    body: Body,
    callback: (error: Error | null, answer: unknown) => void,
  ): void => {
    const connected = { ...options, socketPath: undefined, ...connection, agent };
    send(connected, body, { location, ...context }).then(
      (answer) => callback(null, answer),
      (error: Error) => callback(error, null),
    );
  };
  return Object.assign(Object.create(Modem.prototype) as EngineModem, {
    headers: {},
    // Without a socket, docker-modem parses addresses with `url.parse`, which is deprecated.
    socketPath: location,
    buildRequest,
    [Symbol.dispose]: () => agent.destroy(),
  });
}

/** A request. */
export interface Dial extends DialOptions {
  /** As `lend` of {@link sendRequest}. */
  readonly lend?: boolean | undefined;
}

/** JSON, or a tar. */
type Body = string | Bytes | undefined;

/** @returns the response; with `hijack` the connection; without both its value, or its text when that is no JSON */
async function send(
  options: RequestOptions,
  body: Body,
  { location, isStream, lend, hijack }: Dial & { readonly location: string },
): Promise<unknown> {
  try {
    const request = (options.protocol === 'https:' ? requestHttps : requestHttp)(options);
    const answer = await (hijack ? connectionOf(request) : sendRequest(request, body, { lend }));
    if (!(answer instanceof IncomingMessage)) return answer;
    const { statusCode: status = 0 } = answer;
    // The query may hold build arguments.
    debug('engine', () => `${options.method} ${options.path?.replace(/\?.*/s, '')}: ${status}`);
    if (hijack || status < 200 || status > 299)
      throw statusError(location, status, await text(answer));
    return isStream ? answer : valueOf(await text(answer));
  } catch (error) {
    throw requestError(location, error, options.signal);
  }
}

/** The connection when the engine changes to another protocol, else its answer. */
function connectionOf(request: ClientRequest): Promise<Duplex | IncomingMessage> {
  // docker-modem announces a body, whose end would be the first bytes of the other protocol.
  request.removeHeader('transfer-encoding');
  return new Promise((resolve, reject) => {
    request.once('upgrade', (_, connection: Duplex, head: Buffer) => {
      if (head.length > 0) connection.unshift(head);
      resolve(connection);
    });
    request.once('response', resolve).once('error', reject).end();
  });
}

function valueOf(answer: string): unknown {
  try {
    return JSON.parse(answer);
  } catch {
    return answer;
  }
}
