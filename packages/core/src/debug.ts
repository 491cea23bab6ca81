import { channel } from 'node:diagnostics_channel';
import { ImageError } from './errors.js';

/** The parts of the library that write a debug log. */
const DEBUG_AREAS = ['http', 'engine', 'cache'] as const;
type DebugArea = (typeof DEBUG_AREAS)[number];

const CHANNELS = {
  http: channel('stowage:http'),
  engine: channel('stowage:engine'),
  cache: channel('stowage:cache'),
} as const satisfies Record<DebugArea, unknown>;

/**
 * Publishes one line on the diagnostics channel `stowage:<area>`. Credentials, headers and queries of URLs must not be
 * in it.
 *
 * @param line is called only if somebody subscribed.
 */
export function debug(area: DebugArea, line: () => string): void {
  if (CHANNELS[area].hasSubscribers) CHANNELS[area].publish(line());
}

/**
 * Writes the debug log of some areas, for as long as the process runs.
 *
 * @param areas `http,engine,cache`, or some of them; empty for none.
 * @param write gets each line, without a line break.
 * @throws ImageError USAGE (an unknown area)
 * @example
 * writeDebugLog('http', (line) => console.error(line));
 */
export function writeDebugLog(areas: string, write: (line: string) => void): void {
  for (const area of areas.split(',').filter((each) => each !== '')) {
    const known = DEBUG_AREAS.find((each) => each === area);
    if (known === undefined)
      throw new ImageError(
        'USAGE',
        `debug log: expected ${DEBUG_AREAS.join(', ')}, got ${JSON.stringify(area)}`,
      );
    CHANNELS[known].subscribe((line) => write(`debug ${known}: ${String(line)}`));
  }
}
