import { join } from 'node:path';
import { expect, it } from 'vitest';
import { expandHome } from './home-path.js';

it.each([
  ['~', join('/home/ada')],
  ['~/x', join('/home/ada/x')],
  ['~\\x', join('/home/ada', '\\x')],
  ['~bob/x', '~bob/x'],
  ['a/~/x', 'a/~/x'],
  ['./~', './~'],
  ['', ''],
])('the path %s of the user ada is %s', (path, expected) => {
  expect(expandHome(path, { home: '/home/ada' })).toBe(expected);
});
