import { ImageError } from '../errors.js';

const PORTS = /^([0-9]{1,5})(?:-([0-9]{1,5}))?(?:\/(tcp|udp|sctp))?$/;
const MAX_PORT = 65_535;

/**
 * The ports of one `ports:` entry, as `8080/tcp`: the protocol is TCP when omitted, and `9000-9002/udp` is a range.
 *
 * @throws ImageError USAGE
 */
export function parsePorts(text: string): string[] {
  const [, low, high = low, protocol = 'tcp'] = PORTS.exec(text) ?? [];
  const [first, last] = [Number(low), Number(high)];
  if (!(first >= 1 && last >= first && last <= MAX_PORT))
    throw new ImageError(
      'USAGE',
      `ports: expected a port from 1 to ${MAX_PORT}, or a range that goes up, got ${JSON.stringify(text)}`,
      { hint: 'Write 8080, 53/udp or 9000-9002/udp.' },
    );
  return Array.from({ length: last - first + 1 }, (_, at) => `${first + at}/${protocol}`);
}
