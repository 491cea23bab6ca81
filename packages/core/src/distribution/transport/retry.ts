import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError, systemCode } from '../../errors.js';
import type { CallOptions } from '../../transfer/store.js';

export const RETRIED: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
/** How Node.js says that a certificate is not trusted. */
export const CERTIFICATE =
  /CERT|SELF_SIGNED|UNABLE_TO|DEPTH|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH/;
/** The first wait before another try, and the longest (ms). */
const FIRST_WAIT = 300;
const LONGEST_WAIT = 30_000;

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

/** Before another try: longer each time, and never as long as others wait. */
export async function pause(tries: number, options: CallOptions): Promise<void> {
  const grown = FIRST_WAIT * 2 ** tries * (0.5 + Math.random());
  await retryDelay(Math.min(grown, LONGEST_WAIT), options);
}

export async function retryDelay(milliseconds: number, { signal }: CallOptions): Promise<void> {
  if (milliseconds > 0) await sleep(milliseconds, undefined, signal ? { signal } : {});
}

/** RFC 9110 § 10.2.3: seconds, or a date. How long that is, in milliseconds. */
export function parseRetryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const wait = /^[0-9]+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), LONGEST_WAIT) : undefined;
}

/** The way out of a connection that failed. */
export function hintFor(cause: unknown): string {
  const code = systemCode(cause) ?? '';
  if (CERTIFICATE.test(code)) return 'Name the certificate of its authority with --ca-file.';
  if (/SSL|EPROTO/.test(code)) return 'If it speaks plain http, say so with --plain-http.';
  return 'Is it running, and can this machine reach it?';
}
