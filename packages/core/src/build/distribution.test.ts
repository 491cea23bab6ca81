import { describe, expect, it } from 'vitest';
import { compilerPackages, distributionOf } from './distribution.js';

const USAGE = expect.objectContaining({ code: 'USAGE' }) as Error;

describe('the packages of a compiler', () => {
  it.each([
    ['debian-12', 'gcc-14', ['gcc-14', 'g++-14', 'libc6-dev'], 'gcc-14', undefined],
    ['ubuntu-25.04', 'clang', ['clang', 'libc6-dev'], 'clang', undefined],
    ['ubuntu-25.04', 'openjdk-21', ['openjdk-21-jdk-headless'], undefined, undefined],
    ['debian-12', 'openjdk', ['default-jdk-headless'], undefined, undefined],
    // One version of gcc: the installed one is compared.
    ['fedora-42', 'gcc-15', ['gcc', 'gcc-c++'], 'gcc', 'gcc -dumpfullversion'],
    ['fedora-42', 'openjdk', ['java-latest-openjdk-devel'], undefined, undefined],
    ['alpine-3.22', 'clang-20', ['clang20', 'musl-dev', 'g++'], 'clang-20', undefined],
    ['alpine-3.22', 'openjdk-21', ['openjdk21'], undefined, undefined],
  ])('of %s: %s are %j', (os, text, packages, cc, version) => {
    const found = compilerPackages(os, text);
    expect([found.packages, found.cc, found.version]).toEqual([packages, cc, version]);
  });

  it.each([
    ['debian-12', '14'],
    ['debian-12', 'rust'],
    ['alpine-3.22', 'openjdk'],
    ['plan9-4', 'gcc'],
  ])('of %s: %s are not known', (os, text) => {
    expect(() => compilerPackages(os, text)).toThrow(USAGE);
  });
});

describe('a distribution', () => {
  it.each([
    ['debian-12', /^apt-get update && .* a b && rm -rf /],
    ['fedora-42', /^dnf install -y .* a b && dnf clean all$/],
    ['alpine-3.22', /^apk add --no-cache a b$/],
  ])('%s installs packages and deletes its caches', (os, command) => {
    expect(distributionOf(os).install(['a', 'b'])).toMatch(command);
  });

  it('has the package names of tools', () => {
    expect(distributionOf('debian-12').tools.get('ninja')).toBe('ninja-build');
    expect(distributionOf('debian-12').tools.get('git')).toBeUndefined();
  });

  it('without a known package manager is refused', () => {
    expect(() => distributionOf('plan9-4')).toThrow(USAGE);
  });
});
