import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPlatform, parsePlatform, readPlatform, type Platform } from './platform.js';

/** As `Parse` and `FormatAll` of containerd's package `platforms` (v1.0.0) have it. */
describe('the text of a platform', () => {
  it.each<[string, Platform]>([
    [
      'windows(10.0.17763)/amd64',
      { os: 'windows', architecture: 'amd64', 'os.version': '10.0.17763' },
    ],
    [
      'windows(10.0.17763+win32k)/amd64',
      {
        os: 'windows',
        architecture: 'amd64',
        'os.version': '10.0.17763',
        'os.features': ['win32k'],
      },
    ],
    [
      'linux(+gpu+simd)/arm64',
      { os: 'linux', architecture: 'arm64', 'os.features': ['gpu', 'simd'] },
    ],
    [
      'linux(+gpu)/arm/v6',
      { os: 'linux', architecture: 'arm', variant: 'v6', 'os.features': ['gpu'] },
    ],
    [
      'linux(a%2Bb+c%2Fd)/amd64',
      { os: 'linux', architecture: 'amd64', 'os.version': 'a+b', 'os.features': ['c/d'] },
    ],
    ['darwin/arm64', { os: 'darwin', architecture: 'arm64' }],
  ])('%s is parsed and printed', (text, platform) => {
    expect(parsePlatform(text)).toEqual(platform);
    expect(formatPlatform(platform)).toBe(text);
  });

  it.each([
    ['amd64', 'linux/amd64'],
    ['linux/x86_64', 'linux/amd64'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm/v7', 'linux/arm/v7'],
    ['linux/armhf', 'linux/arm/v7'],
    ['macOS/arm64', 'darwin/arm64'],
    ['Windows(10.0.17763)/AMD64', 'windows(10.0.17763)/amd64'],
    ['windows()/amd64', 'windows/amd64'],
  ])('%s is printed as %s', (text, expected) => {
    expect(formatPlatform(parsePlatform(text))).toBe(expected);
  });

  it.each([
    '',
    'a/b/c/d',
    'linux/',
    '/amd64',
    'linux amd64',
    'windows(10.0/amd64',
    'windows(10.0)x/amd64',
    'windows(10.0)',
    'linux(+)/amd64',
    'linux(a b)/amd64',
    'linux/amd64(1)',
    'linux(%ZZ)/amd64',
  ])('%s is refused', (text) => {
    expect(() => parsePlatform(text)).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
  });

  it('has the version and the features, whatever they are', () => {
    const option = fc.string({ unit: fc.constantFrom(...'aZ0.-_%+()/'), minLength: 1 });
    fc.assert(
      fc.property(option, fc.uniqueArray(option, { minLength: 1 }), (version, features) => {
        const platform = { os: 'linux', architecture: 'amd64', 'os.version': version };
        const all = { ...platform, 'os.features': features.sort() };
        expect(parsePlatform(formatPlatform(all))).toEqual(all);
      }),
    );
  });
});

describe('the platform of a descriptor', () => {
  it('has all fields of the specification that are well formed', () => {
    const fields = { variant: 'v8', 'os.version': '1', 'os.features': ['a'], features: ['b'] };
    const platform = { os: 'linux', architecture: 'arm64' };
    expect(readPlatform({ ...platform, ...fields, more: 1 })).toEqual({ ...platform, ...fields });
    const malformed = { variant: 8, 'os.version': [], 'os.features': [1], features: 'b' };
    expect(readPlatform({ ...platform, ...malformed })).toEqual(platform);
  });
});
