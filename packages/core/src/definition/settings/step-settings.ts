import { ImageError } from '../../errors.js';
import type { HostsYaml, UlimitsYaml } from '../build-schema.js';
import { didYouMean } from '../did-you-mean.js';

/** Bounds for a resource of each process of a build step; -1 is none. */
export interface Ulimit {
  readonly name: string;
  readonly soft: number;
  readonly hard: number;
}

/** An entry of the hosts file of build steps. */
export interface ExtraHost {
  readonly name: string;
  /** An IP address, or `host-gateway`: the address of the engine's machine, as steps reach it. */
  readonly address: string;
}

/** The address that stands for that of the engine's machine. */
export const HOST_GATEWAY = 'host-gateway';
const HOST_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?$/;
/** Names of limits, as docker and podman have them. */
const ULIMITS: readonly string[] = [
  'core',
  'cpu',
  'data',
  'fsize',
  'locks',
  'memlock',
  'msgqueue',
  'nice',
  'nofile',
  'nproc',
  'rss',
  'rtprio',
  'rttime',
  'sigpending',
  'stack',
];
const UNITS = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 } as const;

/** The entries of `add_hosts:`: a map of name to address, or a list of `name:address` or `name=address`. @throws ImageError USAGE */
export function parseHosts(hosts: HostsYaml): readonly ExtraHost[] {
  const pairs = isList(hosts) ? hosts.map(splitHost) : Object.entries(hosts);
  return pairs.map(([name, text]) => {
    const address = text.replace(/^\[(.*)\]$/, '$1');
    if (HOST_NAME.test(name) && (address === HOST_GATEWAY || isAddress(address)))
      return { name, address };
    throw new ImageError(
      'USAGE',
      `add_hosts: expected a host name and an IP address, got ${JSON.stringify(`${name}:${text}`)}`,
      { hint: `Write mirror:10.0.0.2, or mirror:${HOST_GATEWAY} for the machine of the engine.` },
    );
  });
}

/** A size as docker writes it: bytes, or with a unit of powers of 1024, as `64m` or `1GiB`. @returns bytes. @throws ImageError USAGE */
export function parseShmSize(size: string | number): number {
  const [, number = '', unit = ''] =
    /^([0-9]+(?:\.[0-9]+)?)(?: ?(?:b|([kmg])(?:i?b)?))?$/.exec(String(size).toLowerCase()) ?? [];
  const bytes = Math.round(Number(number) * UNITS[unit as keyof typeof UNITS]);
  if (bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  throw new ImageError(
    'USAGE',
    `shm_size: expected a size such as 64m or 1g, got ${JSON.stringify(size)}`,
  );
}

/** The limits of `ulimits:`: a number is both, and `soft:hard` are two. @throws ImageError USAGE */
export function parseUlimits(ulimits: UlimitsYaml): readonly Ulimit[] {
  return Object.entries(ulimits).map(([name, value]) => {
    if (!ULIMITS.includes(name))
      throw new ImageError(
        'USAGE',
        `ulimits: expected one of ${ULIMITS.join(', ')}, got ${JSON.stringify(name)}`,
        { hint: didYouMean(name, ULIMITS) ?? 'A limit has the name that docker gives it.' },
      );
    const [, first, second = first] =
      /^(-1|[0-9]{1,15})(?::(-1|[0-9]{1,15}))?$/.exec(String(value)) ?? [];
    const [soft, hard] = [Number(first), Number(second)];
    const isOrdered = hard === -1 || (soft !== -1 && soft <= hard);
    if (first !== undefined && isOrdered) return { name, soft, hard };
    throw new ImageError(
      'USAGE',
      `ulimits: ${name}: expected a limit, or a soft limit and a hard limit that is not lower, got ${JSON.stringify(value)}`,
      { hint: `Write ${name}: 1024, or ${name}: '1024:4096'; -1 is no limit.` },
    );
  });
}

/** Whether it is an address of IP, version 4 or 6. */
function isAddress(text: string): boolean {
  if (!text.includes(':'))
    return (
      /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) && text.split('.').every((each) => Number(each) < 256)
    );
  return /^[0-9A-Fa-f:.]+$/.test(text) && URL.canParse(`http://[${text}]/`);
}

function splitHost(text: string): readonly [name: string, address: string] {
  const [, name = text, address = ''] = /^([^:=]*)[:=](.*)$/.exec(text) ?? [];
  return [name, address];
}

function isList(hosts: HostsYaml): hosts is readonly string[] {
  return Array.isArray(hosts);
}
