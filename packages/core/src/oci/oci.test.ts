import { describe, expect, it } from 'vitest';
import { chainIds, parseConfig } from './config.js';
import { describe as describeBytes, parseDescriptor } from './descriptor.js';
import { digestOf, parseDigest, type Digest } from './digest.js';
import { parseJson } from './json.js';
import { formatLayoutIndex, parseLayoutIndex } from './layout.js';
import { children, parseManifest } from './manifest.js';
import { MediaType } from './media-types.js';
import { matchesPlatform } from './match-platform.js';
import { formatPlatform, parsePlatform } from './platform.js';

const DIGEST: Digest = `sha256:${'0'.repeat(64)}`;
const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const code = (name: string) => expect.objectContaining({ code: name }) as Error;
const layer = { mediaType: MediaType.layer, digest: DIGEST, size: 1 };

describe('a digest', () => {
  it.each([
    '',
    'sha256:',
    `sha256:${'A'.repeat(64)}`,
    `sha256:${'0'.repeat(63)}`,
    `sha1:${'0'.repeat(40)}`,
    7,
    null,
  ])('refuses %j', (text) => {
    expect(() => parseDigest(text)).toThrow(code('INVALID'));
  });

  it('is computed from the content', () => {
    expect(digestOf(Buffer.from(''))).toBe(
      'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    expect(digestOf(Buffer.from(''), 'sha512')).toMatch(/^sha512:cf83e1357eefb8bd/);
  });
});

describe('untrusted JSON', () => {
  it.each([
    ['too large', Buffer.alloc(4 * 1024 * 1024 + 1, 0x20), 'TOO_LARGE'],
    ['nested too deep', Buffer.from('['.repeat(100_000)), 'TOO_LARGE'],
    ['not JSON', Buffer.from('{'), 'INVALID'],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'INVALID'],
  ])('is refused when %s', (_what, bytes, expected) => {
    expect(() => parseJson(bytes, 'x')).toThrow(code(expected));
  });

  it('may contain any number of brackets inside strings', () => {
    expect(parseJson(json({ a: '['.repeat(1000), b: '\\"[[' }), 'x')).toBeDefined();
  });
});

describe('a descriptor', () => {
  it.each([
    [null],
    [{}],
    [{ ...layer, size: -1 }],
    [{ ...layer, size: 2 ** 53 }],
    [{ ...layer, size: 1.5 }],
    [{ ...layer, size: '1' }],
    [{ ...layer, mediaType: '' }],
    [{ ...layer, digest: 'x' }],
  ])('refuses %j', (value) => {
    expect(() => parseDescriptor(value, 'x')).toThrow(code('INVALID'));
  });
});

describe('a manifest', () => {
  const config = { ...layer, mediaType: MediaType.config };
  it('lists its layers before its config', () => {
    const manifest = parseManifest(
      MediaType.manifest,
      json({ schemaVersion: 2, config, layers: [layer] }),
    );
    expect(children(manifest).map(({ mediaType }) => mediaType)).toEqual([
      MediaType.layer,
      MediaType.config,
    ]);
  });

  it.each([
    ['schema 1', MediaType.dockerManifest, { schemaVersion: 1 }, 'UNSUPPORTED'],
    [
      'another type inside',
      MediaType.manifest,
      { mediaType: MediaType.index, manifests: [] },
      'INVALID',
    ],
    ['no layers', MediaType.manifest, { config }, 'INVALID'],
    ['no config', MediaType.manifest, { layers: [] }, 'INVALID'],
    ['manifests that are null', MediaType.index, { manifests: null }, 'INVALID'],
    ['a list', MediaType.index, [], 'INVALID'],
    ['the media type of a layer', MediaType.layer, {}, 'UNSUPPORTED'],
  ])('refuses %s', (_what, mediaType, value, expected) => {
    expect(() => parseManifest(mediaType, json(value))).toThrow(code(expected));
  });
});

describe('a config', () => {
  it.each([
    [[]],
    [{ rootfs: 'none' }],
    [{ rootfs: { diff_ids: 1 } }],
    [{ rootfs: { diff_ids: ['x'] } }],
  ])('refuses %j', (value) => {
    expect(() => parseConfig(json(value))).toThrow(code('INVALID'));
  });

  it.each([[{}], [{ os: 'linux', architecture: 'amd64' }], [{ rootfs: null }]])(
    'describes no file system: %j',
    (value) => {
      expect(parseConfig(json(value))).toBeUndefined();
    },
  );

  it.each([
    [{}, 'unknown/unknown'],
    [{ os: '', architecture: '' }, 'unknown/unknown'],
    [{ os: 1, architecture: null }, 'unknown/unknown'],
    [{ os: '', architecture: 'arm', variant: 'v7' }, 'unknown/arm/v7'],
    [{ os: 'linux', architecture: 'amd64', variant: '' }, 'linux/amd64'],
  ])('%j is for %s', (stated, expected) => {
    const config = parseConfig(json({ ...stated, rootfs: {} }));
    expect(config && formatPlatform(config.platform)).toBe(expected);
  });

  it('has the chain IDs of the specification', () => {
    const [a, b] = [digestOf(Buffer.from('a')), digestOf(Buffer.from('b'))];
    expect(chainIds([a, b])).toEqual([a, digestOf(Buffer.from(`${a} ${b}`))]);
  });
});

describe('a platform', () => {
  it.each([
    ['linux/amd64', 'linux/amd64'],
    ['amd64', 'linux/amd64'],
    ['linux/x86_64', 'linux/amd64'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm/v7', 'linux/arm/v7'],
    ['linux/armhf', 'linux/arm/v7'],
    ['Windows/AMD64', 'windows/amd64'],
  ])('%s is parsed as %s', (text, expected) => {
    expect(formatPlatform(parsePlatform(text))).toBe(expected);
  });

  it.each(['', 'a/b/c/d', 'linux/', '/amd64', 'linux amd64'])('refuses %j', (text) => {
    expect(() => parsePlatform(text)).toThrow(code('USAGE'));
  });

  it.each([
    ['linux/arm64', 'linux/arm64/v8', true],
    ['linux/arm64/v8', 'linux/aarch64', true],
    ['linux/arm/v6', 'linux/arm', false],
    ['linux/arm/v7', 'linux/arm', true],
    ['linux/amd64', 'linux/arm64', false],
    ['linux/amd64', 'windows/amd64', false],
  ])('%s satisfies %s: %s', (actual, wanted, expected) => {
    expect(matchesPlatform(parsePlatform(actual), parsePlatform(wanted))).toBe(expected);
  });
});

describe('the index of a layout', () => {
  const root = describeBytes(MediaType.manifest, Buffer.from('{}'));
  const named = (annotations: Record<string, string>) =>
    parseLayoutIndex(json({ manifests: [{ ...root, annotations }] }))[0]?.reference;

  it('prefers containerd’s full name, and does not accept a tag alone', () => {
    const ref = 'org.opencontainers.image.ref.name';
    expect(named({ 'io.containerd.image.name': 'docker.io/library/a:1', [ref]: 'b:1' })).toBe(
      'docker.io/library/a:1',
    );
    expect(named({ [ref]: 'nginx:1.21' })).toBe('docker.io/library/nginx:1.21');
    expect(named({ [ref]: 'v1' })).toBeUndefined();
    expect(named({ [ref]: 'Not A:Name' })).toBeUndefined();
  });

  it('can be parsed after it is written', () => {
    const images = [{ descriptor: root, reference: 'docker.io/library/a:1' }, { descriptor: root }];
    expect(parseLayoutIndex(formatLayoutIndex(images)).map(({ reference }) => reference)).toEqual([
      'docker.io/library/a:1',
      undefined,
    ]);
  });

  it('may have no manifests, or null as early versions of Docker wrote', () => {
    expect(parseLayoutIndex(json({ manifests: null }))).toEqual([]);
    expect(() => parseLayoutIndex(json({ manifests: 'x' }))).toThrow(code('INVALID'));
  });
});
