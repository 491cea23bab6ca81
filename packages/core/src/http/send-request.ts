import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Bytes } from '../transfer/store.js';
import { hasUnread, lendBody } from './lent-body.js';

export interface SendRequestOptions {
  /** Timeout (ms) for a server that neither accepts the body nor sends the response; none when omitted. */
  readonly timeout?: number | undefined;
  /** Timeout (ms) for a server that does not accept the connection; that of the system when omitted. */
  readonly connectTimeout?: number | undefined;
  /** Whether the body of a response with success is read by {@link lentBody}, which is faster for a large one. */
  readonly lend?: boolean | undefined;
}

/**
 * Sends the body of a request, and waits for the head of the response, whose body is streamed. A chunk of the body was sent
 * by the time the second one after it is asked for.
 *
 * When the body fails, the request is aborted, and the body's own error is thrown, here or by the response. A response
 * that ends before the body was sent aborts the request, too.
 *
 * @throws errors of `node:http` (`ECONNRESET`, …), `ETIMEDOUT` after `timeout`; errors of the body
 */
export async function sendRequest(
  request: ClientRequest,
  body: Bytes | Uint8Array | string | undefined,
  { timeout, connectTimeout, lend = false }: SendRequestOptions = {},
): Promise<IncomingMessage> {
  let answer: IncomingMessage | undefined;
  let bodyError: Error | undefined;
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    request.on('error', reject).once('response', (message: IncomingMessage) => {
      const { statusCode = 0 } = message;
      if (lend && statusCode >= 200 && statusCode < 300) lendBody(message);
      resolve(message);
    });
  });
  // Awaited below; a rejection before that must not count as unhandled.
  response.catch(() => undefined);
  if (connectTimeout !== undefined) limitConnecting(request, connectTimeout);
  if (timeout !== undefined)
    request.setTimeout(timeout, () => {
      // The server is not to blame while the body is produced slowly, or the response is consumed slowly.
      const isUnread = answer !== undefined && hasUnread(answer);
      const isOurs = isUnread || (!request.writableFinished && request.writableLength === 0);
      if (isOurs) return;
      const error = Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' });
      (answer ?? request).destroy(error);
    });
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array)
    request.end(body);
  else
    sendBody(request, body).catch((error: Error) => {
      if (request.destroyed) return;
      bodyError = error;
      request.destroy(error);
      answer?.destroy(error);
    });
  try {
    answer = await response;
  } catch (error) {
    throw bodyError ?? error;
  }
  answer.once('end', () => {
    if (!request.writableFinished) request.destroy();
  });
  return answer;
}

/** Sends a body to its end, or to that of the request. @throws errors of the body */
async function sendBody(request: ClientRequest, body: Bytes): Promise<void> {
  let sent: Promise<void> | undefined;
  let settle: (() => void) | undefined;
  // The callback of a write is not called in every case when the request ends.
  request.once('close', () => settle?.());
  for await (const chunk of body) {
    await sent;
    if (request.destroyed) return;
    sent = new Promise<void>((resolve) => {
      settle = resolve;
      request.write(chunk, () => resolve());
    });
  }
  request.end();
}

function limitConnecting(request: ClientRequest, timeout: number): void {
  const timer = setTimeout(() => {
    const error = Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' });
    request.destroy(error);
  }, timeout);
  const clear = () => clearTimeout(timer);
  request.once('close', clear).once('socket', (socket) => {
    if (socket.connecting) socket.once('connect', clear);
    else clear();
  });
}
