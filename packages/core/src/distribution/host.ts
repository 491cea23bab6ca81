import { isIPv4, isIPv6 } from 'node:net';

/** The registry host of Docker Hub differs from the name in its references. */
const HUB = { name: 'docker.io', host: 'registry-1.docker.io' };

/** Host of a registry, with a port if it has one. */
export function hostOf(registry: string): string {
  return registry === HUB.name ? HUB.host : registry;
}

/** Whether a host, with or without a port, is this machine. */
export function isLoopback(host: string): boolean {
  const name = nameOf(host);
  return name === 'localhost' || name === '::1' || (isIPv4(name) && name.startsWith('127.'));
}

/** Whether a host is this machine or one of a private network, by its address (RFC 1918, RFC 4193). */
export function isPrivate(host: string): boolean {
  const name = nameOf(host);
  return (
    isLoopback(host) ||
    (isIPv4(name) && /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2[0-9]|3[01])\.)/.test(name)) ||
    (isIPv6(name) && /^f[cd]/i.test(name))
  );
}

function nameOf(host: string): string {
  const [, bracketed] = /^\[([^\]]+)\]/.exec(host) ?? [];
  // An IPv6 address without brackets has more than one colon, and no port.
  return bracketed ?? host.replace(/^([^:]*):[0-9]+$/, '$1');
}
