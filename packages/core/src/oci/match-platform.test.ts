import { describe, expect, it } from 'vitest';
import { bestMatches, matchesPlatform, platformDistance, platformKey } from './match-platform.js';
import { formatPlatform, parsePlatform, type Platform } from './platform.js';

const windows = (version?: string, features?: readonly string[]): Platform => ({
  os: 'windows',
  architecture: 'amd64',
  ...(version === undefined ? {} : { 'os.version': version }),
  ...(features ? { 'os.features': features } : {}),
});

describe('the distance of an image', () => {
  it.each([
    ['linux/amd64', 'linux/amd64', 0],
    ['linux/amd64', 'linux/amd64/v3', 20_000],
    ['linux/amd64/v3', 'linux/amd64/v2', undefined],
    ['linux/arm/v5', 'linux/arm/v7', 20_000],
    ['linux/arm/v4', 'linux/arm/v7', undefined],
    ['linux/arm64/v9', 'linux/arm64', undefined],
    // v9.1 runs all up to v8.6.
    ['linux/arm64/v9', 'linux/arm64/v9.1', 10_000],
    ['linux/arm64/v8.6', 'linux/arm64/v9.1', 20_000],
    ['linux/arm64/v8.7', 'linux/arm64/v9.1', undefined],
    ['linux/arm64/v8.9', 'linux/arm64/v9.9', 100_000],
    ['linux/arm64/v8', 'linux/arm64/v10', undefined],
    ['linux/ppc64le', 'linux/ppc64le', 0],
    ['linux/mips64le/softfloat', 'linux/mips64le/softfloat', 0],
    ['linux/mips64le/hardfloat', 'linux/mips64le/softfloat', undefined],
  ])('%s is from %s at the distance %s', (actual, wanted, expected) => {
    expect(platformDistance(parsePlatform(actual), parsePlatform(wanted))).toBe(expected);
  });

  it.each([
    ['10.0.17763.1', '10.0.17763', 0],
    ['10.0.17763', '10.0.17763', 0],
    // Whole components only.
    ['10.0.177631.1', '10.0.17763', undefined],
    ['10.0.17763', '10.0.17763.1', undefined],
    ['', '10.0.17763', 1000],
    ['10.0.17763', '', 0],
  ])('version %j of an OS is from %j at the distance %s', (actual, wanted, expected) => {
    expect(platformDistance(windows(actual), windows(wanted))).toBe(expected);
  });

  it('is further away with each feature of the OS that only one has; win32k is free', () => {
    const of = (actual: string[], wanted: string[]) =>
      platformDistance(windows('1', actual), windows('1', wanted));
    expect(of(['a', 'b'], ['b', 'c'])).toBe(2);
    expect(of(['win32k', 'win32k'], [])).toBe(0);
    expect(of([], ['win32k'])).toBe(1);
    const many = Array.from({ length: 2000 }, (_, at) => `${at}`);
    // Features never count as much as an unknown version.
    expect(of(many, [])).toBe(999);
  });
});

describe('the best matches of several', () => {
  const image = (platform?: Platform) => (platform ? { platform } : {});
  const linux = (text: string) => image(parsePlatform(text));

  it('are the first of the nearest images', () => {
    const [v1, v2, second] = [linux('amd64'), linux('linux/amd64/v2'), linux('linux/amd64/v2')];
    const wanted = parsePlatform('linux/amd64/v3');
    expect(bestMatches([v1, v2, second], wanted)).toEqual([v2]);
    expect(bestMatches([v1, v2, second], wanted)[0]).toBe(v2);
    expect(bestMatches([image(), linux('linux/arm64')], wanted)).toEqual([]);
    expect(bestMatches([], wanted)).toEqual([]);
  });

  it('for Windows are one of each build, its newest revision, in order', () => {
    const versions = ['10.0.2.9', '10.0.1.5', '10.0.2.10', '10.0.1'];
    const images = versions.map((version) => image(windows(version)));
    const best = bestMatches(images, windows()).map(({ platform }) => platform?.['os.version']);
    expect(best).toEqual(['10.0.2.10', '10.0.1.5']);
    expect(bestMatches(images, windows('10.0.1'))).toHaveLength(1);
  });
});

describe('the key of a platform', () => {
  it.each([
    [parsePlatform('linux/arm64'), parsePlatform('linux/aarch64/v8')],
    [parsePlatform('linux/arm'), { os: 'linux', architecture: 'arm', variant: '7' }],
    [windows('1', ['b', 'a', 'a']), windows('1', ['a', 'b'])],
  ])('of %j is that of %j', (one, other) => {
    expect(platformKey(one)).toBe(platformKey(other));
  });

  it.each([
    [parsePlatform('linux/arm/v6'), parsePlatform('linux/arm')],
    [windows('1'), windows('2')],
    [windows('1', ['a']), windows('1')],
  ])('of %j is not that of %j', (one, other) => {
    expect(platformKey(one)).not.toBe(platformKey(other));
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
    ['linux/arm64/v8', 'linux/aarch64', true],
    ['linux/arm/v6', 'linux/arm', false],
    ['linux/amd64', 'linux/arm64', false],
    ['linux/amd64', 'windows/amd64', false],
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
