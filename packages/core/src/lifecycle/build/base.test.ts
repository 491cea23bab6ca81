import { expect, it } from 'vitest';
import { isOutside } from './base.js';

it.each([
  ['ubuntu:25.04', true],
  ['registry.example.com/team/app:1', true],
  ['app-debian-12-base', false],
  ['./base.tar', false],
  ['base.tar', false],
  ['base.tar.gz', false],
  ['base.tgz', false],
  ['layout/', false],
  ['C:\\images\\base', false],
])('the base %s is from outside: %s', (base, expected) => {
  expect(isOutside(base)).toBe(expected);
});
