import { expect, it } from 'vitest';
import { debug, writeDebugLog } from './debug.js';

it('makes a line only for areas that somebody listens to', () => {
  const lines: string[] = [];
  const unwanted = (): string => expect.fail('nobody listens');
  debug('cache', unwanted);
  writeDebugLog('cache,engine', (line) => lines.push(line));
  debug('cache', () => 'sha256:0 is there');
  debug('http', unwanted);
  expect(lines).toEqual(['debug cache: sha256:0 is there']);
});

it('names the areas there are when another one is asked for', () => {
  expect(() => writeDebugLog('http,nonsense', () => undefined)).toThrow(
    expect.objectContaining({
      code: 'USAGE',
      message: 'debug log: expected http, engine, cache, got "nonsense"',
    }),
  );
  expect(() => writeDebugLog('', () => undefined)).not.toThrow();
});
