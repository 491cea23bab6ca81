import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problem } from '../problem.js';

/** Sets headers for every response: no other site can embed or load registry content, and browsers do not guess its type. */
export function setBrowserHeaders(response: ServerResponse): void {
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
  response.setHeader('cross-origin-resource-policy', 'same-origin');
  response.setHeader('referrer-policy', 'no-referrer');
}

/**
 * Refuses writes from other web sites (CSRF): a browser sends such requests with its user's credentials or from its user's
 * address. Registry clients send neither `Origin` nor `Sec-Fetch-Site`.
 *
 * @throws Problem DENIED
 */
export function refuseCrossSiteWrite({ method, headers }: IncomingMessage): void {
  if (method === 'GET' || method === 'HEAD') return;
  const { origin, host, 'sec-fetch-site': site } = headers;
  const isSameSite = site === undefined || site === 'same-origin' || site === 'none';
  if (isSameSite && (origin === undefined || hostOf(origin) === host?.toLowerCase())) return;
  throw new Problem('DENIED', 'write requests from other web sites are not allowed');
}

/** Undefined for `null`, which browsers send to hide the origin. */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
