import { describe, expect, it } from 'vitest';
import {
  describe as describeBytes,
  editDescriptor,
  parseDescriptor,
  stringEntries,
  withoutAnnotations,
  type Descriptor,
} from './descriptor.js';
import { digestOf, type Digest } from './digest.js';
import { MediaType } from './media-types.js';

const DIGEST: Digest = `sha256:${'0'.repeat(64)}`;
const layer = { mediaType: MediaType.layer, digest: DIGEST, size: 1 };

describe('a descriptor', () => {
  it.each([
    [null],
    [[]],
    [{}],
    [{ ...layer, size: -1 }],
    [{ ...layer, size: 2 ** 53 }],
    [{ ...layer, size: 1.5 }],
    [{ ...layer, size: '1' }],
    [{ ...layer, mediaType: '' }],
    [{ ...layer, mediaType: 7 }],
    [{ ...layer, digest: 'x' }],
  ])('refuses %j', (value) => {
    expect(() => parseDescriptor(value, 'x')).toThrow(
      expect.objectContaining({ code: 'INVALID' }) as Error,
    );
  });

  it('names its subject in errors', () => {
    expect(() => parseDescriptor({ ...layer, size: null }, 'manifest layers[2]')).toThrow(
      'manifest layers[2]: expected a size in bytes, got null',
    );
  });

  it('keeps known fields of the right type, and nothing else', () => {
    const value = {
      ...layer,
      platform: { os: 'linux', architecture: 'arm64' },
      artifactType: 'text/x',
      urls: ['https://a.example/x', 7],
      annotations: { a: 'b', c: 1 },
      data: 'eA==',
      own: true,
    };
    expect(parseDescriptor(value, 'x')).toEqual({
      ...layer,
      platform: { os: 'linux', architecture: 'arm64' },
      artifactType: 'text/x',
      urls: ['https://a.example/x'],
      annotations: { a: 'b' },
    });
  });

  it.each([[{ urls: [] }], [{ urls: 'x' }], [{ artifactType: 1 }], [{ annotations: [] }]])(
    'has no optional field of another form: %j',
    (more) => {
      expect(parseDescriptor({ ...layer, ...more }, 'x')).toEqual(layer);
    },
  );

  it('of bytes has their digest and size; without annotations it has no more', () => {
    const bytes = Buffer.from('hello');
    const described = describeBytes(MediaType.layer, bytes);
    expect(described).toEqual({ mediaType: MediaType.layer, digest: digestOf(bytes), size: 5 });
    const annotated = { ...described, annotations: { a: 'b' }, urls: ['x'] };
    expect(withoutAnnotations(annotated)).toEqual(described);
  });

  it('has only the annotations that are text', () => {
    expect(stringEntries({ a: 'b', c: 1, d: null, e: '' })).toEqual({ a: 'b', e: '' });
  });
});

describe('an edit of a descriptor', () => {
  const from: Descriptor = layer;
  const written = { own: 1, ...layer, urls: ['https://a.example'], data: 'eA==', annotations: {} };

  it('changes nothing for the same content', () => {
    expect(editDescriptor(written, from, { ...from, annotations: { a: 'b' } })).toBe(written);
  });

  it('of the media type alone keeps the content’s own fields', () => {
    const edited = editDescriptor(written, from, { ...from, mediaType: MediaType.dockerLayer });
    expect(edited).toEqual({ ...written, mediaType: MediaType.dockerLayer });
    expect(Object.keys(edited)).toEqual(Object.keys(written));
  });

  it.each([
    ['digest', { digest: digestOf(Buffer.from('new')) }],
    ['size', { size: 2 }],
  ])('of the %s drops data and URLs, and keeps other fields in order', (_what, change) => {
    const edited = editDescriptor(written, from, { ...from, ...change });
    expect(edited).toEqual({ own: 1, ...layer, ...change, annotations: {} });
    expect(Object.keys(edited)).toEqual(['own', 'mediaType', 'digest', 'size', 'annotations']);
  });
});
