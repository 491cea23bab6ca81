import { expect, it } from 'vitest';
import { projectPart } from './project-part.js';

it.each([
  ['app', 'app'],
  ['@org/app', 'app'],
  ['@org/My_App', 'my-app'],
  ['webApp', 'web-app'],
  ['libs:core:util', 'util'],
  ['a..b-.c', 'a.b.c'],
  ['_x_', 'x'],
])('of %j is %j', (owner, expected) => {
  expect(projectPart(owner)).toBe(expected);
});
