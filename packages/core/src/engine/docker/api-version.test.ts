import { expect, it } from 'vitest';
import { apiVersionFor } from './api-version.js';

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
