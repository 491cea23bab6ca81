import { describe, expect, it } from 'vitest';
import {
  formatRecord,
  isImageName,
  parseRecord,
  RECORD_LIMIT,
  type ImageRecord,
} from './record.js';

const DIGEST = `sha256:${'1'.repeat(64)}` as const;
const RECORD: ImageRecord = {
  name: 'app-debian-12-base',
  reference: 'docker.io/library/app:1',
  digest: DIGEST,
  configDigest: DIGEST,
  diffIds: [DIGEST],
  platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
  base: { name: 'debian:12', digest: DIGEST },
  facts: { compilers: ['gcc-15'], packages: [], tools: [] },
};

describe('a record', () => {
  it('is parsed as it was written', () => {
    expect(parseRecord(formatRecord(RECORD), 'x')).toEqual(RECORD);
    const { configDigest: _, base: __, platform: ___, ...least } = RECORD;
    expect(parseRecord(formatRecord(least), 'x')).toEqual(least);
  });

  it('has the same bytes whatever the order of its fields', () => {
    const reversed = Object.fromEntries(Object.entries(RECORD).reverse()) as unknown as ImageRecord;
    const { compilers, packages, tools } = RECORD.facts;
    const facts = { tools, packages, compilers };
    expect(formatRecord({ ...reversed, facts })).toEqual(formatRecord(RECORD));
  });

  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['nothing', '{}'],
    ['a diff ID that is none', JSON.stringify({ ...RECORD, diffIds: ['x'] })],
  ])('that is or has %s is CORRUPT', (_what, text) => {
    expect(() => parseRecord(Buffer.from(text), 'x.image.json')).toThrow(
      expect.objectContaining({ code: 'CORRUPT', location: 'x.image.json' }) as Error,
    );
  });

  it('is far smaller than its limit', () => {
    expect(formatRecord(RECORD).byteLength).toBeLessThan(RECORD_LIMIT / 1000);
  });
});

describe('the name of an image', () => {
  it.each([
    ['app', true],
    ['app-ubuntu-25.04-gcc15', true],
    ['a__b--c', true],
    ['a'.repeat(128), true],
    ['a'.repeat(129), false],
    ['', false],
    ['App', false],
    ['a/b', false],
    ['-a', false],
    ['a-', false],
    ['a..b', false],
    ['a\n', false],
  ])('%j is valid: %s', (name, expected) => {
    expect(isImageName(name)).toBe(expected);
  });
});
