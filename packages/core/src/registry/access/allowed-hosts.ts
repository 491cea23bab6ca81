import { isIP } from 'node:net';
import { ImageError } from '../../errors.js';
import { matchesAny } from '../../policy/wildcards.js';
import { Problem } from '../problem.js';

/**
 * Which names a client may call this registry by where it needs no login. A web page could point a name of its own at this
 * machine (DNS rebinding) and then read and write as its visitor; it cannot do that with an address, or with `localhost`.
 *
 * @param names further ones; `*` stands for anything
 * @throws ImageError USAGE (no host name)
 */
export function hostCheck(names: readonly string[]): (host: string | undefined) => void {
  const patterns = names.map((name) => name.toLowerCase().replace(/\.$/, ''));
  const wrong = patterns.find((name) => !/^[a-z0-9*_.-]+$/.test(name) && isIP(name) === 0);
  if (wrong !== undefined)
    throw new ImageError(
      'USAGE',
      `allowed host: expected a host name without a port, got ${JSON.stringify(wrong)}`,
    );
  return (host) => {
    // Only HTTP/1.0 lets a client omit it; browsers never do.
    if (host === undefined) return;
    const [, bracketed, plain = ''] =
      /^(?:\[([^\]]+)\]|([^:]*))(?::\d*)?$/.exec(host.toLowerCase()) ?? [];
    const name = bracketed ?? plain.replace(/\.$/, '');
    if (name === 'localhost' || isIP(name) !== 0 || matchesAny(name, patterns)) return;
    throw new Problem(
      'DENIED',
      `host ${JSON.stringify(host)} is not allowed; the operator of this registry can allow it`,
      { status: 421 },
    );
  };
}
