import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError, systemCode } from '../../errors.js';
import { networkFailure } from '../../http/network-failure.js';
import type { CallOptions } from '../../transfer/store.js';
import { option, wording, type Wording } from '../../wording.js';

/** Statuses of transient failures. */
export const RETRIED_STATUSES: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
/** Node.js error codes for a certificate that is not trusted. */
export const CERTIFICATE =
  /CERT|SELF_SIGNED|UNABLE_TO|DEPTH|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH/;
/** The first wait before another try, and the longest (ms). */
const FIRST_WAIT_MS = 300;
const MAX_WAIT_MS = 30_000;

/** Whether this is a network error, which may be transient. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ImageError) return false;
  const code = systemCode(error) ?? '';
  const isConnect = error instanceof Error && 'syscall' in error && error.syscall === 'connect';
  return (
    isConnect ||
    CERTIFICATE.test(code) ||
    /^(?:HPE_|E(?:CONN|PIPE|HOST|NET|TIMEDOUT|AI_|NOTFOUND|PROTO)|ERR_SSL|ERR_TLS)/.test(code)
  );
}

/** Permanent failure (connection refused, unknown host, untrusted certificate): do not retry. */
export function isPermanent(error: unknown, tries: number): boolean {
  const code = systemCode(error) ?? '';
  return (
    CERTIFICATE.test(code) || (tries > 0 && /^(?:ECONNREFUSED|ENOTFOUND|ENETUNREACH)$/.test(code))
  );
}

/** Whether a server did not answer in time. */
export function isTimeout(error: unknown): boolean {
  return systemCode(error) === 'ETIMEDOUT';
}

/** The wait before another try (ms): twice as long each time, up to `MAX_WAIT_MS`, with random jitter. */
export function backOff(tries: number): number {
  const grown = FIRST_WAIT_MS * 2 ** tries * (0.5 + Math.random());
  return Math.min(grown, MAX_WAIT_MS);
}

/** Waits for a time (ms). */
export type Wait = (milliseconds: number, options: CallOptions) => Promise<void>;

export const waitFor: Wait = async (milliseconds, { signal }) => {
  if (milliseconds > 0) await sleep(milliseconds, undefined, signal ? { signal } : {});
};

/**
 * The wait of a `Retry-After` header (RFC 9110 § 10.2.3: seconds or a date), in milliseconds, up to `most`.
 *
 * @param now milliseconds since 1970.
 */
export function parseRetryAfter(
  header: string | undefined,
  now: number,
  most = MAX_WAIT_MS,
): number | undefined {
  if (header === undefined) return undefined;
  const wait = /^[0-9]+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), most) : undefined;
}

/** The error for a request to a registry that got no response in any try. */
export function unreachable(registry: string, cause: unknown): ImageError {
  return new ImageError('UNAVAILABLE', `${registry}: ${networkFailure(cause)}`, {
    location: registry,
    cause,
    hint: hintFor(cause),
  });
}

/** The hint for a failed connection. */
function hintFor(cause: unknown): string | Wording {
  const code = systemCode(cause) ?? '';
  if (CERTIFICATE.test(code))
    return wording`Give the certificate of its CA with ${option('caFile')}.`;
  if (/SSL|EPROTO/.test(code)) return wording`If it uses plain http, set ${option('plainHttp')}.`;
  return 'Is it running, and can this machine reach it?';
}
