import { channel } from 'node:diagnostics_channel';
import { ImageError } from './errors.js';

/** The parts of the library that write a debug log. */
const CHANNELS = {
  http: channel('stowage:http'),
  engine: channel('stowage:engine'),
  cache: channel('stowage:cache'),
} as const;
type DebugArea = keyof typeof CHANNELS;

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
  const wanted = areas.split(',').filter((each) => each !== '');
  for (const area of new Set(wanted.map(parseArea)))
    CHANNELS[area].subscribe((line) => write(`debug ${area}: ${String(line)}`));
}

function parseArea(text: string): DebugArea {
  if (isArea(text)) return text;
  throw new ImageError(
    'USAGE',
    `debug log: expected ${Object.keys(CHANNELS).join(', ')}, got ${JSON.stringify(text)}`,
  );
}

function isArea(text: string): text is DebugArea {
  return Object.hasOwn(CHANNELS, text);
}
