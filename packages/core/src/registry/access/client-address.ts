import { isIPv6, type Socket } from 'node:net';

/** The IP address of the peer of a request or connection; behind a reverse proxy, the proxy's address. */
export function addressOf({ socket }: { readonly socket: Pick<Socket, 'remoteAddress'> }): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/i, '');
}

/** Key that limits use for a client: an IPv4 address, or the /64 network of an IPv6 address, as one host usually owns it. */
export function clientOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  const groups = tail === undefined ? before : [...before, ...zeros, ...after];
  return `${groups.slice(0, 4).join(':')}::/64`;
}
