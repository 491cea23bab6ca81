import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestMatches, matchesPlatform, platformDistance, platformKey } from './match-platform.js';
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
    ['macOS/arm64', 'darwin/arm64'],
    ['Windows(10.0.17763)/AMD64', 'windows(10.0.17763)/amd64'],
    ['windows()/amd64', 'windows/amd64'],
  ])('%s is printed as %s', (text, expected) => {
    expect(formatPlatform(parsePlatform(text))).toBe(expected);
  });

  it.each([
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

describe('an image', () => {
  it.each([
    ['linux/arm64', 'linux/arm64/v8', true],
    ['linux/arm64/8', 'linux/arm64', true],
    ['linux/arm64/v9', 'linux/arm64/v9.0', true],
    ['linux/arm64/v9', 'linux/arm64', false],
    ['linux/arm/7', 'linux/arm', true],
    ['linux/arm/v6', 'linux/arm/v7', false],
    ['linux/amd64/v1', 'linux/amd64', true],
    ['linux/amd64/v3', 'linux/amd64', false],
    ['windows(10.0.17763.5329)/amd64', 'windows(10.0.17763)/amd64', true],
    ['windows(10.0.17763.5329)/amd64', 'windows(10.0.17763.5329)/amd64', true],
    ['windows(10.0.17763.5329)/amd64', 'windows(10.0.17763.53)/amd64', false],
    ['windows(10.0.17763.5329)/amd64', 'windows(10.0.177)/amd64', false],
    ['windows(10.0.17763.5329)/amd64', 'windows(10.0.20348)/amd64', false],
    ['windows(10.0.17763.5329+win32k)/amd64', 'windows/amd64', true],
    // HostProcess images have no version.
    ['windows/amd64', 'windows(10.0.17763)/amd64', true],
    ['linux(+gpu)/amd64', 'linux/amd64', true],
    ['linux/constructor', 'linux/constructor', true],
  ])('for %s satisfies %s: %s', (actual, wanted, expected) => {
    expect(matchesPlatform(parsePlatform(actual), parsePlatform(wanted))).toBe(expected);
  });

  it.each([
    ['linux/arm/v7', 'linux/arm/v6'],
    ['linux/arm/v8', 'linux/arm/v5'],
    ['linux/amd64/v3', 'linux/amd64'],
    ['linux/arm64/v9.2', 'linux/arm64/v8.7'],
  ])('on %s one for %s can run, but not the other way round', (host, image) => {
    const [high, low] = [parsePlatform(host), parsePlatform(image)];
    expect(platformDistance(low, high)).toBeGreaterThan(0);
    expect(platformDistance(high, low)).toBeUndefined();
  });
});

describe('the best match', () => {
  const best = (wanted: string, ...texts: string[]) => {
    const images = texts.map((text) => ({ platform: parsePlatform(text) }));
    return bestMatches(images, parsePlatform(wanted)).map(({ platform }) =>
      formatPlatform(platform),
    );
  };

  it.each<[wanted: string, images: string[], expected: string[]]>([
    ['linux/arm/v7', ['linux/arm/v5', 'linux/arm/v6', 'linux/arm64'], ['linux/arm/v6']],
    ['linux/arm', ['linux/arm/v6', 'linux/arm/v7', 'linux/arm/v8'], ['linux/arm/v7']],
    ['linux/arm64', ['linux/arm/v7', 'linux/arm64/v8'], ['linux/arm64/v8']],
    [
      'linux/arm64/v9',
      ['linux/arm64', 'linux/arm64/v8.5', 'linux/arm64/v9.1'],
      ['linux/arm64/v8.5'],
    ],
    ['linux/amd64/v3', ['linux/amd64', 'linux/amd64/v2', 'linux/amd64/v4'], ['linux/amd64/v2']],
    ['linux/amd64', ['linux/amd64/v2'], []],
    ['linux/amd64', ['linux/386'], []],
    ['linux/amd64', ['linux(1)/amd64', 'linux(2)/amd64'], ['linux(1)/amd64']],
    ['linux/amd64', ['linux(+gpu)/amd64', 'linux/amd64'], ['linux/amd64']],
    ['linux(+gpu)/amd64', ['linux/amd64', 'linux(+gpu)/amd64'], ['linux(+gpu)/amd64']],
    [
      'windows(10.0.17763)/amd64',
      [
        'windows/amd64',
        'windows(10.0.17763.9)/amd64',
        'windows(10.0.17763.10)/amd64',
        'windows(10.0.20348.1)/amd64',
      ],
      ['windows(10.0.17763.10)/amd64'],
    ],
    [
      'windows/amd64',
      [
        'windows(10.0.17763.9)/amd64',
        'windows(10.0.20348.1+win32k)/amd64',
        'windows(10.0.20348.2)/amd64',
      ],
      ['windows(10.0.17763.9)/amd64', 'windows(10.0.20348.2)/amd64'],
    ],
  ])('for %s among %j is %j', (wanted, images, expected) => {
    expect(best(wanted, ...images)).toEqual(expected);
  });

  it('is none of an image without a platform', () => {
    expect(bestMatches([{}], parsePlatform('linux/amd64'))).toEqual([]);
  });
});

it('a platform has one key, however it is written', () => {
  const key = (text: string) => platformKey(parsePlatform(text));
  expect(key('linux/arm64/v8')).toBe(key('linux/aarch64'));
  expect(key('linux(+b+a)/arm')).toBe(key('linux(+a+b)/armhf'));
  expect(key('windows(10.0.17763)/amd64')).not.toBe(key('windows(10.0.20348)/amd64'));
  expect(key('linux/arm/v6')).not.toBe(key('linux/arm/v7'));
});
