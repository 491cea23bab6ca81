import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problem } from '../problem.js';

/** Headers of every answer: content of this registry is never a page, a script or a frame of another site. */
export function setBrowserHeaders(response: ServerResponse): void {
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
  response.setHeader('cross-origin-resource-policy', 'same-origin');
  response.setHeader('referrer-policy', 'no-referrer');
}

/**
 * Refuses to write for another web site: a browser sends such requests with the credentials, or from the address, of its
 * user. Registry clients send neither header.
 *
 * @throws Problem DENIED
 */
export function refuseCrossSiteWrite({ method, headers }: IncomingMessage): void {
  if (method === 'GET' || method === 'HEAD') return;
  const { origin, host, 'sec-fetch-site': site } = headers;
  const isOwn = site === undefined || site === 'same-origin' || site === 'none';
  if (isOwn && (origin === undefined || hostIn(origin) === host?.toLowerCase())) return;
  throw new Problem('DENIED', 'writing for another web site is not allowed');
}

/** Undefined for `null`, which stands for an origin that a browser hides. */
function hostIn(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
