import { expect, it } from 'vitest';
import { isAtLeast } from './is-at-least.js';

it.each([
  ['1.48', '1.48', true],
  ['1.9', '1.48', false],
  ['2.0', '1.48', true],
  ['20.19.0', '20.19.0', true],
  ['20.9.3', '20.19.0', false],
  ['22.0.0', '20.19.0', true],
  ['23.0.0-beta.1', '23.0.0', true],
])('%s is at least %s: %s', (version, least, expected) => {
  expect(isAtLeast(version, least)).toBe(expected);
});
