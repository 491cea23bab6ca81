import { describe, expect, it } from 'vitest';
import type { ImageRecord } from '../catalog/record.js';
import { MediaType } from '../oci/media-types.js';
import {
  formatEntry,
  parseEntry,
  parseShareTag,
  shareTag,
  type ShareEntry,
} from './share-entry.js';

const KEY = '0123456789abcdef'.repeat(4);
const NAME = 'app-debian-12-base';
const record: ImageRecord = {
  name: NAME,
  reference: `docker.io/library/${NAME}:latest`,
  digest: `sha256:${'1'.repeat(64)}`,
  diffIds: [],
  facts: { compilers: [], packages: [], tools: [] },
};
const entry: ShareEntry = {
  key: KEY,
  record,
  child: { mediaType: MediaType.manifest, digest: record.digest, size: 7 },
  created: '2026-01-02T03:04:05.000Z',
};
const wanted = { name: NAME, key: KEY, location: 'registry/x:tag' };
const bytesOf = (change: Partial<ShareEntry>) => ({
  mediaType: MediaType.index,
  bytes: formatEntry({ ...entry, ...change }),
});

describe('the tag of an image', () => {
  it('is its name and half of its key', () => {
    const tag = shareTag(NAME, KEY);
    expect(tag).toBe(`${NAME}.in-${KEY.slice(0, 32)}`);
    expect(parseShareTag(tag)).toEqual({ name: NAME, key: KEY.slice(0, 32) });
  });

  it.each(['latest', NAME, `${NAME}.in-123`, `${NAME}.record`])('is not %s', (tag) => {
    expect(parseShareTag(tag)).toBeUndefined();
  });

  it('has at most 128 characters', () => {
    expect(shareTag('a'.repeat(92), KEY)).toHaveLength(128);
    const naming = expect.objectContaining({ code: 'NAMING' }) as Error;
    expect(() => shareTag('a'.repeat(93), KEY)).toThrow(naming);
    expect(() => shareTag(shareTag(NAME, KEY), KEY)).toThrow(naming);
  });
});

describe('an entry', () => {
  it('is read as it was written, also by the part of the key in the tag', () => {
    expect(parseEntry(bytesOf({}), wanted)).toEqual(entry);
    expect(parseEntry(bytesOf({}), { ...wanted, key: KEY.slice(0, 32) })).toEqual(entry);
  });

  it.each<[string, Partial<ShareEntry>]>([
    ['another key', { key: 'f'.repeat(64) }],
    ['a short key', { key: KEY.slice(0, 32) }],
    ['another name', { record: { ...record, name: 'other' } }],
    ['another child', { child: { ...entry.child, digest: `sha256:${'2'.repeat(64)}` } }],
  ])('is refused with %s', (_, change) => {
    expect(() => parseEntry(bytesOf(change), wanted)).toThrow(
      expect.objectContaining({ code: 'INVALID' }),
    );
  });

  it.each<[string, string, object]>([
    ['a manifest', MediaType.manifest, { config: entry.child, layers: [] }],
    ['no child', MediaType.index, { manifests: [] }],
    ['two children', MediaType.index, { manifests: [entry.child, entry.child] }],
    ['no annotations', MediaType.index, { manifests: [entry.child] }],
  ])('is refused as %s', (_, mediaType, document) => {
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...document }));
    expect(() => parseEntry({ mediaType, bytes }, wanted)).toThrow(
      expect.objectContaining({ code: 'INVALID' }),
    );
  });
});
