/** The path of a request as it came, and its query. */
export function parseTarget(target: string): { path: string; query: URLSearchParams } {
  // It may be a whole URL (RFC 9112 § 3.2.2); the host in it is not used.
  const local = target.replace(/^https?:\/\/[^/?]*/i, '');
  const at = local.indexOf('?');
  return at < 0
    ? { path: local, query: new URLSearchParams() }
    : { path: local.slice(0, at), query: new URLSearchParams(local.slice(at + 1)) };
}
