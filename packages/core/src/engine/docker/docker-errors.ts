import { ImageError, systemCode } from '../../errors.js';
import { networkFailure } from '../../http/network-failure.js';
import { isObject } from '../../oci/json.js';
import { option, wording } from '../../wording.js';

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

/** The error of an answer with an error status, in the words of the engine. */
export function statusError(location: string, status: number, answer: string): ImageError {
  const code = status === 404 ? 'NOT_FOUND' : status === 409 ? 'CONFLICT' : 'INVALID';
  const why = messageIn(answer) || `HTTP status ${status}`;
  return new ImageError(code, `${location}: ${why}`, { location });
}

/** The error of a request that got no answer: UNAVAILABLE, the reason of an abort, or the error itself. */
export function requestError(
  location: string,
  error: unknown,
  signal: AbortSignal | undefined,
): unknown {
  const reason: unknown = signal?.aborted ? signal.reason : error;
  const isLate = reason instanceof Error && reason.name === 'TimeoutError';
  if (!isLate && !CONNECTION_ERRORS.has(systemCode(reason) ?? '')) return reason;
  const why = isLate ? 'no answer in time' : networkFailure(reason);
  return new ImageError('UNAVAILABLE', `${location}: no Docker Engine answers: ${why}`, {
    location,
    hint: wording`Start it, give another address with ${option('host')} or DOCKER_HOST, or use ${option('engine', 'embedded')}.`,
    cause: reason,
  });
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
