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

it('writes a line once for an area that is named twice', () => {
  const lines: string[] = [];
  writeDebugLog('http,http', (line) => lines.push(line));
  debug('http', () => 'GET');
  expect(lines).toEqual(['debug http: GET']);
});

it('names the areas there are when another one is asked for, and writes none', () => {
  const unwanted = (): never => expect.fail('nothing was to be written');
  expect(() => writeDebugLog('toString', unwanted)).toThrow('got "toString"');
  expect(() => writeDebugLog('engine,nonsense', unwanted)).toThrow(
    expect.objectContaining({
      code: 'USAGE',
      message: 'debug log: expected http, engine, cache, got "nonsense"',
    }),
  );
  debug('engine', () => 'a line');
  expect(() => writeDebugLog('', unwanted)).not.toThrow();
});
