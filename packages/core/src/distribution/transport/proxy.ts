import { ImageError } from '../../errors.js';
import { isLoopback } from '../host.js';

/** Variables that name a proxy. */
const PROXY = /^(?:https?|all)_proxy$/i;

/**
 * The proxy that the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`) names for a URL; empty for none. Loopback
 * hosts never use a proxy.
 *
 * @throws ImageError USAGE (invalid proxy URL; the value is not shown, it may contain a password)
 */
export async function proxyFor(url: URL): Promise<string> {
  if (isLoopback(url.host) || !Object.keys(process.env).some((name) => PROXY.test(name))) return '';
  const { getProxyForUrl } = await import('proxy-from-env');
  const proxy = getProxyForUrl(url.href);
  if (proxy === '' || isProxy(proxy)) return proxy;
  const scheme = url.protocol.slice(0, -1);
  throw new ImageError(
    'USAGE',
    `${scheme}_proxy, all_proxy: expected the URL of an http or https proxy, got another value`,
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
