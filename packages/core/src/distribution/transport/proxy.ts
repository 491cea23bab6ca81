import { ImageError } from '../../errors.js';
import type { Environment } from '../../surroundings.js';
import { isLoopback } from '../host.js';

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/**
 * The proxy that the environment (`https_proxy`, `http_proxy`, `all_proxy`, `no_proxy`, in lower or upper case) names for
 * a URL; empty for none. Loopback hosts never use a proxy.
 *
 * @throws ImageError USAGE (invalid proxy URL; the value is not shown, it may contain a password)
 */
export function proxyFor(url: URL, env: Environment): string {
  const valueOf = (name: string) => env[name] || env[name.toUpperCase()] || '';
  if (isLoopback(url.host) || isExempt(url, valueOf('no_proxy').toLowerCase())) return '';
  const scheme = url.protocol.slice(0, -1);
  const value = valueOf(`${scheme}_proxy`) || valueOf('all_proxy');
  const proxy = value === '' || value.includes('://') ? value : `${scheme}://${value}`;
  if (proxy === '' || isProxy(proxy)) return proxy;
  throw new ImageError(
    'USAGE',
    `${scheme}_proxy, all_proxy: expected the URL of an http or https proxy, got another value`,
    {
      hint: `Write it as http://HOST:PORT, or add ${url.hostname} to no_proxy.`,
    },
  );
}

/** Whether `no_proxy` lists a host: `*` is any, `.example.com` and `*.example.com` are all below, `HOST:PORT` is one port. */
function isExempt({ protocol, host, port }: URL, list: string): boolean {
  const name = host.replace(/:\d*$/, '');
  return list.split(/[,\s]+/).some((entry) => {
    const [, pattern = entry, wanted] = /^(.+):(\d+)$/.exec(entry) ?? [];
    if (wanted !== undefined && Number(wanted) !== Number(port || DEFAULT_PORTS[protocol]))
      return false;
    return /^[.*]/.test(pattern) ? name.endsWith(pattern.replace(/^\*/, '')) : name === pattern;
  });
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
