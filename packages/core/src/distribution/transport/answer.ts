import type { IncomingMessage } from 'node:http';
import { ImageError } from '../../errors.js';
import type { Bytes } from '../../transfer/store.js';
import { readUnlessOver } from '../../transfer/verified.js';
import { lentBody } from '../../http/lent-body.js';
import { networkFailure } from '../../http/network-failure.js';
import { isTransient } from './retry.js';

/** A response of a registry. */
export interface Answer {
  readonly status: number;
  /** The first value of a header, by its name in lower case. */
  readonly header: (name: string) => string | undefined;
  /** The URL that answered, after redirects. */
  readonly url: URL;
  /** False once a redirect has left the registry's own origin. */
  readonly isOwn: boolean;
  /** Must be read to its end, or discarded with `dump` or `cut`. */
  readonly body: Bytes;
  /** Discards the rest of the body: reads a short one so that the connection can be reused, cuts a long one off. */
  readonly dump: () => Promise<void>;
  /** Closes the connection; an iteration over the body fails with `reason`. */
  readonly cut: (reason?: Error) => void;
}

export interface ReadAnswerOptions {
  /** The largest body that is accepted, in bytes. */
  readonly limit: number;
  /** Names the document in messages. */
  readonly what: string;
  /** Timeout for the whole body (ms); 120,000 when omitted. */
  readonly within?: number;
}

/** A discarded body is read up to this many bytes, and for this long (ms), to keep the connection. */
const MAX_DUMPED_BYTES = 64 * 1024;
const DUMP_TIMEOUT_MS = 5_000;
/** Default time to read a whole document (ms). */
const READ_TIMEOUT_MS = 120_000;

export function answerOf(message: IncomingMessage, url: URL, isOwn: boolean): Answer {
  const cut = (reason?: Error): void => void message.destroy(reason);
  return {
    status: message.statusCode ?? 0,
    header: (name) => {
      const value = message.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
    url,
    isOwn,
    body: lentBody(message),
    dump: () => dump(message, cut),
    cut,
  };
}

/**
 * Collects the body of a response, up to `limit` bytes.
 *
 * @throws ImageError TOO_LARGE, UNAVAILABLE (the connection broke, or the timeout passed)
 */
export async function readAnswer(
  { url, body, cut }: Answer,
  { limit, what, within = READ_TIMEOUT_MS }: ReadAnswerOptions,
): Promise<Uint8Array> {
  const location = url.host;
  const tooMuch = (): ImageError =>
    new ImageError('TOO_LARGE', `${location}: ${what}: larger than the limit of ${limit} bytes`, {
      location,
    });
  const timeout = Object.assign(new Error('a timeout'), { code: 'ETIMEDOUT' });
  const timer = setTimeout(() => cut(timeout), within);
  try {
    return await readUnlessOver(limit, body, tooMuch);
  } catch (cause) {
    if (!isTransient(cause)) throw cause;
    throw new ImageError('UNAVAILABLE', `${location}: ${what}: ${networkFailure(cause)}`, {
      location,
      cause,
    });
  } finally {
    clearTimeout(timer);
  }
}

async function dump(message: IncomingMessage, cut: () => void): Promise<void> {
  if (Number(message.headers['content-length'] ?? 0) > MAX_DUMPED_BYTES && hasBody(message))
    return cut();
  const timer = setTimeout(cut, DUMP_TIMEOUT_MS);
  let size = 0;
  try {
    for await (const chunk of message as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      // Leaving the loop closes the connection.
      if (size > MAX_DUMPED_BYTES) return;
    }
  } catch {
    // A connection that broke is not reused.
  } finally {
    clearTimeout(timer);
  }
}

/** The response to HEAD names a length and has no body: its connection can be reused. */
function hasBody(message: IncomingMessage): boolean {
  return !message.complete;
}
