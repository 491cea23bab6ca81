import { describe, expect, it } from 'vitest';
import { componentOf, repositoryIn } from './namespace.js';

describe('the component of a registry', () => {
  it.each([
    ['docker.io', 'docker.io'],
    ['Registry.Example:5000', 'registry.example_5000'],
    ['localhost:80', 'localhost_80'],
    ['127.0.0.1', '127.0.0.1'],
    ['', undefined],
    ['a/b', undefined],
    ['[::1]:5000', undefined],
    ['a:b', undefined],
    ['..', undefined],
    ['_x', undefined],
  ])('%j is %j', (registry, expected) => {
    expect(componentOf(registry)).toBe(expected);
  });
});

describe('the repository that a client names', () => {
  const known = new Set(['docker.io', 'registry.example_5000']);

  it('begins with the component of its registry', () => {
    expect(repositoryIn(known, 'docker.io', 'library/a')).toBe('docker.io/library/a');
    expect(repositoryIn(known, 'registry.example:5000', 'a')).toBe('registry.example_5000/a');
    expect(repositoryIn(known, null, 'a')).toBe('a');
  });

  it('is as it is where no registry can be named', () => {
    expect(repositoryIn(undefined, 'docker.io', 'a')).toBe('a');
    expect(repositoryIn(new Set(), 'docker.io', 'a')).toBe('a');
  });

  it.each(['other.example', '', '../x', 'docker.io/library'])('of %j is NAME_UNKNOWN', (ns) => {
    expect(() => repositoryIn(known, ns, 'a')).toThrow(
      expect.objectContaining({ code: 'NAME_UNKNOWN' }) as Error,
    );
  });

  it('may be too long together', () => {
    expect(() => repositoryIn(known, 'docker.io', 'a'.repeat(250))).toThrow('mirrored here');
  });
});
