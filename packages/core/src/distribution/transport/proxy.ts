import { ImageError } from '../../errors.js';
import type { Environment } from '../../surroundings.js';
import { isLoopback } from '../host.js';
import { isExcluded } from './no-proxy.js';

/**
 * The proxy that the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`, in upper or lower case) names for a
 * URL; empty for none. Loopback hosts never use a proxy.
 *
 * @throws ImageError USAGE (invalid proxy URL; the value is not shown, it may contain a password)
 */
export function proxyFor(url: URL, env: Environment): string {
  if (isLoopback(url.host)) return '';
  const valueOf = (name: string): string => env[name.toUpperCase()] || env[name] || '';
  const scheme = url.protocol.slice(0, -1);
  const named = valueOf(`${scheme}_proxy`) || valueOf('all_proxy');
  if (named === '' || isExcluded(url, valueOf('no_proxy'))) return '';
  const proxy = /^[a-z][a-z0-9+.-]*:\/\//i.test(named) ? named : `http://${named}`;
  if (isProxy(proxy)) return proxy;
  throw new ImageError(
    'USAGE',
    `${scheme}_proxy, all_proxy: the value is not the URL of an http or https proxy`,
    {
      hint: `Write it as http://HOST:PORT, or add ${url.hostname} to no_proxy.`,
    },
  );
}

function isProxy(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  return (
    (protocol === 'http:' || protocol === 'https:') &&
    hostname !== '' &&
    [username, password].every(isEncoded)
  );
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
