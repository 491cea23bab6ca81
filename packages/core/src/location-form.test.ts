import { describe, expect, it } from 'vitest';
import { formatReference } from './oci/reference.js';
import { say } from './wording.js';
import {
  bareReference,
  hasHost,
  imageHint,
  isAddress,
  isLocal,
  isPath,
  isPattern,
  looksLikeFile,
  nothingThere,
} from './location-form.js';

// Columns: a path, a pattern, surely a file, the address of a registry alone.
it.each([
  ['./x', true, false, true, false],
  ['../x', true, false, true, false],
  ['/x', true, false, true, false],
  ['~/x', true, false, true, false],
  ['x/', true, false, true, false],
  ['C:\\x', true, false, true, false],
  ['C:/x', true, false, true, false],
  ['x.tar', false, false, true, false],
  ['x.tar.gz', false, false, true, false],
  ['x.tgz', false, false, true, false],
  ['x.tar:app:1', false, false, true, false],
  ['images/*.tar', false, true, true, false],
  ['{a,b}', false, true, false, false],
  ['nginx', false, false, false, false],
  ['r.example/app', false, false, false, false],
  ['localhost:5000', false, false, false, true],
  ['127.0.0.1', false, false, false, true],
  ['[::1]:5000', false, true, false, true],
  ['[::1]:5000/app', false, false, false, false],
  ['r.example:5000', false, false, false, true],
  ['r.example', false, false, false, false],
])('the form of %s', (text, ...expected) => {
  const tests = [isPath, isPattern, looksLikeFile, isAddress];
  expect(tests.map((test) => test(text))).toEqual(expected);
});

it.each([
  ['r.example/app', true],
  ['localhost/app', true],
  ['host:5000/app', true],
  ['[::1]:5000/app', true],
  ['team/app', false],
  ['nginx', false],
  ['r.example', false],
])('the reference %s begins with a host: %s', (text, expected) => {
  expect(hasHost(text)).toBe(expected);
});

it.each([
  ['app-debian-12-base', true],
  ['app-debian-12-base:latest', true],
  ['x.tar', true],
  ['nginx', false],
])('%s can only be something of this machine: %s', (text, expected) => {
  expect(isLocal(text)).toBe(expected);
});

describe('a reference without a prefix', () => {
  it.each([
    ['r.example/app', undefined, 'r.example/app:latest'],
    ['r.example/app:1', 'other.example', 'r.example/app:1'],
    ['nginx', 'r.example', 'r.example/library/nginx:latest'],
    ['nginx:1', 'r.example:5000/mirror', 'r.example:5000/mirror/library/nginx:1'],
    ['team/app:1', 'r.example', 'r.example/team/app:1'],
    // These may be files: they are never sent to a registry.
    ['team/app', 'r.example', undefined],
    ['images.txt', 'r.example', undefined],
    ['nginx', undefined, undefined],
    ['localhost:5000', 'r.example', undefined],
    ['Not A Name', 'r.example', undefined],
  ])('%s with the default registry %s is %s', (text, registry, expected) => {
    const found = bareReference(text, registry);
    expect(found && formatReference(found)).toBe(expected);
  });
});

it.each([
  ['nginx', 'USAGE'],
  ['r.example/app', 'USAGE'],
  ['x.tar', 'NOT_FOUND'],
  ['./x', 'NOT_FOUND'],
  ['app-debian-12-base', 'NOT_FOUND'],
])('a location that is not there, %s, is %s', (text, code) => {
  expect(nothingThere(text)).toMatchObject({ code, location: text });
});

it.each([
  ['r.example:5000', 'r.example:5000/REPOSITORY:TAG'],
  ['nginx', 'write docker.io/library/nginx'],
  ['r.example/app', 'write docker://r.example/app'],
])('the hint for %s says %s', (text, expected) => {
  expect(say(imageHint(text) ?? [])).toContain(expected);
});

it('what cannot be an image has no hint', () => {
  expect(imageHint('Not A Name')).toBeUndefined();
});
