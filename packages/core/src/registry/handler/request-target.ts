/** Splits a request target into its path, not decoded, and its query. */
export function parseTarget(target: string): { path: string; query: URLSearchParams } {
  // The target may be an absolute URL (RFC 9112 § 3.2.2); its host is ignored.
  const local = target.replace(/^https?:\/\/[^/?]*/i, '');
  const at = local.indexOf('?');
  return at < 0
    ? { path: local, query: new URLSearchParams() }
    : { path: local.slice(0, at), query: new URLSearchParams(local.slice(at + 1)) };
}
