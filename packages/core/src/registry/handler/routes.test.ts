import { describe, expect, it } from 'vitest';
import { parseContentRange, parseRange } from './range.js';
import { parseRoute } from './routes.js';

const HEX = 'a'.repeat(64);
const DIGEST = `sha256:${HEX}`;
const ID = '0123456789abcdef0123456789abcdef';

describe('a path', () => {
  it.each([
    ['/v2/', { kind: 'version' }],
    ['/v2', { kind: 'version' }],
    ['/v2/_catalog', { kind: 'catalog' }],
    ['/v2/a/tags/list', { kind: 'tags', name: 'a' }],
    ['/v2/a/b/c/tags/list', { kind: 'tags', name: 'a/b/c' }],
    // Path segments of the specification are valid repository names, too.
    ['/v2/tags/list/tags/list', { kind: 'tags', name: 'tags/list' }],
    ['/v2/blobs/uploads/blobs/uploads/', { kind: 'uploads', name: 'blobs/uploads' }],
    [
      '/v2/manifests/manifests/manifests',
      { kind: 'manifest', name: 'manifests', reference: 'manifests' },
    ],
    ['/v2/a/manifests/v1.0', { kind: 'manifest', name: 'a', reference: 'v1.0' }],
    [`/v2/a/manifests/${DIGEST}`, { kind: 'manifest', name: 'a', reference: DIGEST }],
    [`/v2/a/manifests/sha256%3A${HEX}`, { kind: 'manifest', name: 'a', reference: DIGEST }],
    [`/v2/a/blobs/${DIGEST}`, { kind: 'blob', name: 'a', digest: DIGEST }],
    [`/v2/a/blobs/sha512:${HEX}${HEX}`, { kind: 'blob', name: 'a', digest: `sha512:${HEX}${HEX}` }],
    ['/v2/a/blobs/uploads/', { kind: 'uploads', name: 'a' }],
    ['/v2/a/blobs/uploads', { kind: 'uploads', name: 'a' }],
    [`/v2/a/blobs/uploads/${ID}`, { kind: 'upload', name: 'a', id: ID }],
    [`/v2/a/referrers/${DIGEST}`, { kind: 'referrers', name: 'a', digest: DIGEST }],
  ])('%s is parsed', (path, expected) => {
    expect(parseRoute(path)).toEqual(expected);
  });

  it.each(['/', '/v1/', '/v2/a', '/v2/a/b', '/v3/a/tags/list', '/v2//tags/list/x', '', 'v2/'])(
    '%j is not an endpoint',
    (path) => {
      expect(parseRoute(path)).toBeUndefined();
    },
  );

  it.each([
    ['/v2/A/tags/list', 'NAME_INVALID'],
    ['/v2/../etc/tags/list', 'NAME_INVALID'],
    ['/v2/a/../../b/manifests/x', 'NAME_INVALID'],
    ['/v2/a%2fb/tags/list', 'NAME_INVALID'],
    ['/v2/%2e%2e/tags/list', 'NAME_INVALID'],
    ['/v2/a%00/tags/list', 'NAME_INVALID'],
    ['/v2/%zz/tags/list', 'NAME_INVALID'],
    ['/v2//tags/list', 'NAME_INVALID'],
    ['/v2/_a/tags/list', 'NAME_INVALID'],
    [`/v2/${'a/'.repeat(200)}b/tags/list`, 'NAME_INVALID'],
    ['/v2/a/manifests/-x', 'TAG_INVALID'],
    ['/v2/a/manifests/..', 'TAG_INVALID'],
    [`/v2/a/manifests/${'x'.repeat(129)}`, 'TAG_INVALID'],
    ['/v2/a/manifests/sha256:abc', 'DIGEST_INVALID'],
    [`/v2/a/manifests/md5:${HEX}`, 'DIGEST_INVALID'],
    [`/v2/a/blobs/sha256:${HEX.toUpperCase()}`, 'DIGEST_INVALID'],
    [`/v2/a/blobs/sha256:..%2f..%2fetc`, 'DIGEST_INVALID'],
    ['/v2/a/blobs/uploads/..', 'BLOB_UPLOAD_UNKNOWN'],
    ['/v2/a/blobs/uploads/%2e%2e%2fx', 'BLOB_UPLOAD_UNKNOWN'],
    ['/v2/a/referrers/x', 'DIGEST_INVALID'],
  ])('%s is refused', (path, code) => {
    expect(() => parseRoute(path)).toThrow(expect.objectContaining({ code }) as Error);
  });
});

describe('a range', () => {
  it.each([
    [undefined, { kind: 'whole' }],
    ['bytes=0-9', { kind: 'part', start: 0, end: 10 }],
    ['bytes=5-', { kind: 'part', start: 5, end: 100 }],
    ['bytes=-7', { kind: 'part', start: 93, end: 100 }],
    ['bytes=-1000', { kind: 'part', start: 0, end: 100 }],
    ['bytes=90-1000', { kind: 'part', start: 90, end: 100 }],
    ['Bytes= 0 - 0 ', { kind: 'part', start: 0, end: 1 }],
    ['bytes=100-', { kind: 'nothing' }],
    ['bytes=-0', { kind: 'nothing' }],
    [`bytes=${'9'.repeat(400)}-`, { kind: 'nothing' }],
    [`bytes=0-${'9'.repeat(400)}`, { kind: 'part', start: 0, end: 100 }],
    ['bytes=9-5', { kind: 'whole' }],
    ['bytes=0-1,5-6', { kind: 'whole' }],
    ['bytes=-', { kind: 'whole' }],
    ['bytes=--5', { kind: 'whole' }],
    ['bytes=-5-', { kind: 'whole' }],
    ['items=0-1', { kind: 'whole' }],
    ['', { kind: 'whole' }],
  ])('%s of 100 bytes is parsed', (header, expected) => {
    expect(parseRange(header, 100)).toEqual(expected);
  });

  it.each([
    ['0-9', { start: 0, size: 10 }],
    ['bytes 5-5', { start: 5, size: 1 }],
    ['bytes=5-6', { start: 5, size: 2 }],
    ['bytes 0-9/*', { start: 0, size: 10 }],
    ['9-0', undefined],
    ['-5', undefined],
    ['0-', undefined],
    [`0-${'9'.repeat(20)}`, undefined],
    ['', undefined],
  ])('%j of an upload is parsed', (header, expected) => {
    expect(parseContentRange(header)).toEqual(expected);
  });
});
