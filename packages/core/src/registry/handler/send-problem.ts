import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Problem } from '../problem.js';

/** How much more of a body, and for how long (ms), is read and dropped after a refusal. */
const DROPPED_BYTES = 64 * 1024 * 1024;
const DROPPING_MS = 2_000;

/**
 * Answers a request with an error. A client may still be sending its body: closing the connection then would reset it,
 * and the client would see a broken connection in place of the error. So some more of the body is read, and dropped,
 * before the connection is closed.
 */
export function sendProblem(
  request: IncomingMessage,
  response: ServerResponse,
  problem: Problem,
): void {
  // The status was already sent, so the client can only see a truncated response.
  if (response.headersSent || response.destroyed) return void response.destroy();
  const { body, status, headers } = problem;
  const isUnread = !request.complete;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(isUnread ? { connection: 'close' } : {}),
    ...headers,
  });
  if (request.method !== 'HEAD') response.write(body);
  if (isUnread) drop(request, () => response.end());
  else response.end();
}

/** Reads the rest of a body, or some of it, then calls `done` once. */
function drop(request: IncomingMessage, done: () => void): void {
  let left = DROPPED_BYTES;
  const end = (): void => {
    clearTimeout(timer);
    request.off('data', count).off('end', end).off('close', end);
    done();
  };
  const count = (chunk: Buffer): void => {
    left -= chunk.byteLength;
    if (left < 0) end();
  };
  const timer = setTimeout(end, DROPPING_MS);
  request.on('data', count).on('end', end).on('close', end);
  request.resume();
}
