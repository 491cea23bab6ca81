import { describe, expect, it } from 'vitest';
import { entryOf, isEntry, newEntry } from './entry.js';
import type { ImageRecord } from '../record.js';

const RECORD: ImageRecord = {
  name: 'app-ubuntu-25.04-gcc15-asan',
  reference: 'docker.io/library/app:1',
  digest: `sha256:${'1'.repeat(64)}`,
  diffIds: [],
  platform: { os: 'linux', architecture: 'amd64' },
  facts: { compilers: ['gcc-15'], packages: ['git'], tools: ['act'] },
};

describe('an entry of a record', () => {
  it('has its facts, with the parts of its name', () => {
    expect(entryOf(RECORD, 'app/x.tar', 12_345_678)).toEqual({
      name: RECORD.name,
      file: 'app/x.tar',
      docker_tag: 'app:1',
      os: 'ubuntu:25.04',
      architecture: 'amd64',
      packages: ['git'],
      compilers: ['gcc-15'],
      tools: ['act'],
      variants: ['asan'],
      size_mb: 12.3,
      digest: RECORD.digest,
      size: 12_345_678,
    });
  });

  it('has all architectures of an index, each once', () => {
    const platforms = ['amd64', 'arm64', 'arm64'].map((architecture) => ({
      os: 'linux',
      architecture,
    }));
    const { platform: _, ...indexed } = RECORD;
    expect(entryOf({ ...indexed, platforms }, 'x', 1).architecture).toBe('amd64,arm64');
    expect(entryOf(indexed, 'x', 1)).not.toHaveProperty('architecture');
  });

  it('of another name has no operating system and no variants; without an archive it has no size', () => {
    const entry = entryOf({ ...RECORD, name: 'whatever' }, 'x', undefined);
    expect(entry).not.toHaveProperty('os');
    expect(entry.variants).toEqual([]);
    expect(entry).not.toHaveProperty('size');
  });
});

describe('a value', () => {
  it.each([
    [{ name: 'a', file: 'b' }, true],
    [entryOf(RECORD, 'x', 1), true],
    [{ name: 'a', file: 'b', more: {} }, true],
    [{ name: 'a', file: 'b', packages: null }, true],
    [null, false],
    [[], false],
    [{ name: 'a' }, false],
    [{ name: '', file: 'b' }, false],
    [{ name: 7, file: 'b' }, false],
    [{ name: 'a', file: 'b', size: '7' }, false],
    [{ name: 'a', file: 'b', tools: [7] }, false],
    [{ name: 'a', file: 'b', tools: 'x' }, false],
  ])('%j is an entry: %s', (value, expected) => {
    expect(isEntry(value)).toBe(expected);
  });
});

it('a new entry was created now, and never used', () => {
  expect(newEntry(0)).toEqual({ created: '1970-01-01T00:00:00.000Z', usage_count: 0 });
});
