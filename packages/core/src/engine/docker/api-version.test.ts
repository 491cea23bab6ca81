import { expect, it } from 'vitest';
import { apiVersionFor, isAtLeast } from './api-version.js';

it.each([
  ['1.41', '1.41'],
  ['1.9', '1.9'],
  ['1.56', '1.56'],
  ['1.57', '1.56'],
  ['2.0', '1.56'],
  ['1.41/../x', undefined],
  ['', undefined],
  [undefined, undefined],
])('an engine that states %j is spoken to with %j', (stated, version) => {
  expect(apiVersionFor(stated)).toBe(version);
});

it.each([
  ['1.48', '1.48', true],
  ['1.9', '1.48', false],
  ['2.0', '1.48', true],
  [undefined, '1.24', false],
])('%j is at least %s: %s', (version, least, expected) => {
  expect(isAtLeast(version, least)).toBe(expected);
});
