import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalReference,
  familiarReference,
  formatReference,
  parseNameInRegistry,
  parseReference,
  parseRepository,
  splitReference,
} from './reference.js';

const HEX = 'a'.repeat(64);

describe('a reference', () => {
  it.each([
    ['nginx', 'docker.io/library/nginx:latest', 'nginx:latest'],
    ['nginx:1.21.5', 'docker.io/library/nginx:1.21.5', 'nginx:1.21.5'],
    ['user/app:v1', 'docker.io/user/app:v1', 'user/app:v1'],
    ['docker.io/nginx', 'docker.io/library/nginx:latest', 'nginx:latest'],
    ['index.docker.io/library/nginx', 'docker.io/library/nginx:latest', 'nginx:latest'],
    ['localhost/app', 'localhost/app:latest', 'localhost/app:latest'],
    ['localhost:5000/app', 'localhost:5000/app:latest', 'localhost:5000/app:latest'],
    ['127.0.0.1:5000/a/b:1', '127.0.0.1:5000/a/b:1', '127.0.0.1:5000/a/b:1'],
    ['[::1]:5000/app:1', '[::1]:5000/app:1', '[::1]:5000/app:1'],
    ['Registry/app', 'Registry/app:latest', 'Registry/app:latest'],
    ['ghcr.io/a__b/c--d.e_f', 'ghcr.io/a__b/c--d.e_f:latest', 'ghcr.io/a__b/c--d.e_f:latest'],
    [`app@sha256:${HEX}`, `docker.io/library/app@sha256:${HEX}`, `app@sha256:${HEX}`],
    [`app:1@sha256:${HEX}`, `docker.io/library/app:1@sha256:${HEX}`, `app:1@sha256:${HEX}`],
    [
      `app@sha512:${HEX}${HEX}`,
      `docker.io/library/app@sha512:${HEX}${HEX}`,
      `app@sha512:${HEX}${HEX}`,
    ],
    ['library/nginx', 'docker.io/library/nginx:latest', 'nginx:latest'],
    ['library/a/b', 'docker.io/library/a/b:latest', 'library/a/b:latest'],
  ])('%s is expanded to %s', (text, canonical, familiar) => {
    expect(canonicalReference(text)).toBe(canonical);
    expect(familiarReference(parseReference(text))).toBe(familiar);
    expect(canonicalReference(familiar)).toBe(canonical);
  });

  it.each([
    ['', /repository/],
    ['App', /lower-case/],
    ['a//b', /repository/],
    ['a/', /repository/],
    ['/a', /registry host|repository/],
    ['-a', /repository/],
    ['a-', /repository/],
    ['a..b', /repository/],
    ['a:', /tag/],
    ['a:-1', /tag/],
    [`a:${'x'.repeat(129)}`, /tag/],
    ['a b', /repository/],
    ['a@sha256:abc', /digest/],
    [`a@sha256:${HEX}@sha256:${HEX}`, /one @/],
    ['a@md5:d41d8cd98f00b204e9800998ecf8427e', /digest/],
    [HEX, /image ID/],
    ['exa mple.com/a', /host of a registry/],
    ['example.com:port/a', /host of a registry/],
    ['example.com:0/a', /port/],
    ['example.com:65536/a', /port/],
    ['[::1]:99999999/a', /port/],
    [`${'a/'.repeat(130)}a`, /255/],
    ['https://example.com/a', /tag|host of a registry|repository/],
  ])('refuses %j', (text, message) => {
    expect(() => parseReference(text)).toThrow(message);
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
  });

  it('proposes the lower-case spelling', () => {
    expect(() => parseReference('MyApp:1')).toThrow(
      expect.objectContaining({ hint: 'Write myapp:1.' }) as Error,
    );
  });

  it.each([
    ['app', { registry: 'docker.io', repository: 'library/app' }],
    ['localhost:5000/team/app', { registry: 'localhost:5000', repository: 'team/app' }],
  ])('%s is a repository', (text, expected) => {
    expect(parseRepository(text)).toEqual(expected);
  });

  it.each([
    ['app:1', /"app:1": a repository is wanted, without a tag/],
    [`app@sha256:${HEX}`, /a repository is wanted, without a digest/],
    ['Not One', /"Not One": expected a repository/],
  ])('%s is no repository', (text, message) => {
    expect(() => parseRepository(text)).toThrow(message);
  });

  it.each([
    ['app', { repository: 'app', tag: 'latest' }],
    ['team/app:v1', { repository: 'team/app', tag: 'v1' }],
    ['a.b/app', { repository: 'a.b/app', tag: 'latest' }],
  ])('%s is a name in any registry', (text, expected) => {
    expect(parseNameInRegistry(text)).toEqual(expected);
  });

  it.each([
    ['', /reference "": expected a repository/],
    ['App', /reference "App": expected a repository of lower-case letters/],
    ['localhost:5000/app', /reference "localhost:5000\/app": expected a repository/],
    ['app:', /expected a tag/],
  ])('%j is no name in a registry', (text, message) => {
    expect(() => parseNameInRegistry(text)).toThrow(message);
  });

  it('is split into name, tag and digest as written', () => {
    const digest = `sha256:${HEX}`;
    expect(splitReference('app')).toEqual({ name: 'app' });
    expect(splitReference(`h:5/App:v1@${digest}`)).toEqual({ name: 'h:5/App', tag: 'v1', digest });
  });

  it('is unchanged after formatting and parsing', () => {
    const word = fc.stringMatching(/^[a-z0-9]{1,8}([._-][a-z0-9]{1,8}){0,2}$/);
    const name = fc.record({
      registry: fc.constantFrom('docker.io', 'localhost:5000', 'ghcr.io', '[::1]:443'),
      repository: fc.array(word, { minLength: 2, maxLength: 4 }).map((words) => words.join('/')),
      tag: fc.stringMatching(/^\w[\w.-]{0,20}$/),
    });
    fc.assert(
      fc.property(name, (reference) => {
        expect(parseReference(formatReference(reference))).toEqual(reference);
      }),
    );
  });
});
