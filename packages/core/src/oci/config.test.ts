import { describe, expect, it } from 'vitest';
import { chainIds, parseConfig } from './config.js';
import { digestOf } from './digest.js';
import { DEFAULT_LIMITS } from './limits.js';
import { formatPlatform } from './platform.js';

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const code = (name: string) => expect.objectContaining({ code: name }) as Error;
const [A, B, C] = ['a', 'b', 'c'].map((text) => digestOf(Buffer.from(text))) as [
  ReturnType<typeof digestOf>,
  ReturnType<typeof digestOf>,
  ReturnType<typeof digestOf>,
];

describe('a config', () => {
  it.each([
    [[]],
    [{ rootfs: 'none' }],
    [{ rootfs: { diff_ids: 1 } }],
    [{ rootfs: { diff_ids: ['x'] } }],
  ])('refuses %j', (value) => {
    expect(() => parseConfig(json(value))).toThrow(code('INVALID'));
  });

  it('above the limits is TOO_LARGE', () => {
    const limits = { ...DEFAULT_LIMITS, manifestBytes: 10 };
    expect(() => parseConfig(json({ rootfs: {} }), limits)).toThrow(code('TOO_LARGE'));
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

  it('has its diff IDs in their order; none is an empty file system', () => {
    const diffIdsOf = (rootfs: object) => parseConfig(json({ rootfs }))?.diffIds;
    expect(diffIdsOf({ diff_ids: [B, A] })).toEqual([B, A]);
    expect(diffIdsOf({ diff_ids: null })).toEqual([]);
  });
});

describe('chain IDs', () => {
  it('are those of the specification', () => {
    expect(chainIds([])).toEqual([]);
    expect(chainIds([A])).toEqual([A]);
    const second = digestOf(Buffer.from(`${A} ${B}`));
    expect(chainIds([A, B, C])).toEqual([A, second, digestOf(Buffer.from(`${second} ${C}`))]);
  });
});
