import { isIP } from 'node:net';
import { ImageError } from '../../errors.js';
import { matchesAny } from '../../policy/wildcards.js';
import { Problem } from '../problem.js';

/**
 * Checks the `Host` header of requests to a registry that needs no login: IP addresses, `localhost` and the given names are
 * allowed. Without this check a web page can point its own host name at this machine (DNS rebinding), and read and write the
 * registry through a visitor's browser.
 *
 * @param names further host names, without port; `*` stands for any characters.
 * @returns a function that throws an error response for a header that is not allowed; for `checkHost` of `registryHandler`
 * @throws ImageError USAGE (not a host name)
 */
export function hostCheck(names: readonly string[]): (host: string | undefined) => void {
  const patterns = names.map((name) => name.toLowerCase().replace(/\.$/, ''));
  const wrong = patterns.find((name) => !/^[a-z0-9*_.-]+$/.test(name) && isIP(name) === 0);
  if (wrong !== undefined)
    throw new ImageError(
      'USAGE',
      `allowed host: expected a host name without a port, got ${JSON.stringify(wrong)}`,
    );
  let allowed: string | undefined;
  return (host) => {
    // Only HTTP/1.0 clients may omit the header; browsers never do.
    if (host === undefined || host === allowed) return;
    const [, bracketed, plain = ''] =
      /^(?:\[([^\]]+)\]|([^:]*))(?::\d*)?$/.exec(host.toLowerCase()) ?? [];
    const name = bracketed ?? plain.replace(/\.$/, '');
    if (name === 'localhost' || isIP(name) !== 0 || matchesAny(name, patterns))
      return void (allowed = host);
    throw new Problem(
      'DENIED',
      `host ${JSON.stringify(host)} is not allowed; the operator of this registry can allow it`,
      { status: 421 },
    );
  };
}
