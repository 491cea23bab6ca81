import { BlockList, isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/**
 * Whether `NO_PROXY` names a host, by the rules of Go's `golang.org/x/net/http/httpproxy` v0.53.0: a domain covers its
 * subdomains; `.domain` and `*.domain` cover only those; an address, a CIDR block; each but a block with a port if
 * it has one; `*` covers everything. Entries are separated by commas or white space.
 */
export function isExcluded(url: URL, noProxy: string): boolean {
  const host = addressOf(url.hostname) ?? url.hostname.replace(/\.$/, '');
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry === '*' || isCovered(host, port, entry));
}

function isCovered(host: string, port: string, entry: string): boolean {
  const [, block, bits] = /^(.+)\/([0-9]+)$/.exec(entry) ?? [];
  if (block !== undefined && bits !== undefined) return isInBlock(host, block, Number(bits));
  const [name, wanted] = splitPort(entry);
  if (name === '' || (wanted !== undefined && wanted !== port)) return false;
  const address = addressOf(name);
  if (address !== undefined) return address === host;
  const domain = name.startsWith('*.') ? name.slice(1) : name;
  if (domain.startsWith('.')) return host.endsWith(`.${domainToASCII(domain.slice(1))}`);
  const ascii = domainToASCII(domain);
  return ascii !== '' && (host === ascii || host.endsWith(`.${ascii}`));
}

function splitPort(entry: string): readonly [name: string, port?: string] {
  const [, name, port] = /^(\[.*\]|[^:]*):([0-9]+)$/.exec(entry) ?? [];
  return name === undefined || port === undefined ? [entry] : [name, port];
}

/** An IP address in the form in which URLs have it, without brackets; undefined for a name. */
function addressOf(text: string): string | undefined {
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  const version = versionOf(bare);
  if (version !== 6) return version === 4 ? bare : undefined;
  return new URL(`http://[${bare}]/`).hostname.slice(1, -1);
}

/** The version of an IP address; 0 for other text, and as in Go for an address with a zone (`fe80::1%eth0`). */
function versionOf(text: string): number {
  return text.includes('%') ? 0 : isIP(text);
}

function isInBlock(host: string, block: string, bits: number): boolean {
  const [ours, theirs] = [versionOf(host), versionOf(block)];
  if (ours === 0 || ours !== theirs || bits > (theirs === 4 ? 32 : 128)) return false;
  const family = theirs === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(block, bits, family);
  return list.check(host, family);
}
