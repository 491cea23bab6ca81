import { describe, expect, it } from 'vitest';
import { describe as describeBytes } from './descriptor.js';
import type { Digest } from './digest.js';
import { DEFAULT_LIMITS } from './limits.js';
import { children, formatIndex, formatManifest, parseManifest, referrerOf } from './manifest.js';
import { MediaType } from './media-types.js';

const DIGEST: Digest = `sha256:${'0'.repeat(64)}`;
const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const code = (name: string) => expect.objectContaining({ code: name }) as Error;
const layer = { mediaType: MediaType.layer, digest: DIGEST, size: 1 };
const config = { ...layer, mediaType: MediaType.config };

describe('a manifest', () => {
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
    ['a layer that is none', MediaType.manifest, { config, layers: [layer, {}] }, 'INVALID'],
    ['a subject that is none', MediaType.index, { manifests: [], subject: 'x' }, 'INVALID'],
    ['manifests that are null', MediaType.index, { manifests: null }, 'INVALID'],
    ['a list', MediaType.index, [], 'INVALID'],
    ['the media type of a layer', MediaType.layer, {}, 'UNSUPPORTED'],
  ])('refuses %s', (_what, mediaType, value, expected) => {
    expect(() => parseManifest(mediaType, json(value))).toThrow(code(expected));
  });

  it('above the limits is TOO_LARGE', () => {
    const bytes = formatManifest(config, [layer]);
    const limits = { ...DEFAULT_LIMITS, manifestBytes: bytes.byteLength };
    expect(parseManifest(MediaType.manifest, bytes, limits).kind).toBe('image');
    limits.manifestBytes--;
    expect(() => parseManifest(MediaType.manifest, bytes, limits)).toThrow(code('TOO_LARGE'));
  });

  it.each([MediaType.manifest, MediaType.dockerManifest])(
    'of an image without a media type has that of its descriptor: %s',
    (mediaType) => {
      const manifest = parseManifest(mediaType, json({ config, layers: [] }));
      expect(manifest).toEqual({ kind: 'image', config, layers: [] });
    },
  );

  it.each([MediaType.index, MediaType.dockerList])('may be an index: %s', (mediaType) => {
    const manifest = parseManifest(mediaType, json({ manifests: [layer], subject: null }));
    expect(manifest).toEqual({ kind: 'index', manifests: [layer] });
    expect(children(manifest)).toEqual([layer]);
  });

  it('is parsed as it was written', () => {
    expect(parseManifest(MediaType.manifest, formatManifest(config, [layer]))).toEqual({
      kind: 'image',
      config,
      layers: [layer],
    });
    expect(parseManifest(MediaType.index, formatIndex([layer]))).toEqual({
      kind: 'index',
      manifests: [layer],
    });
    expect(String(formatIndex([]))).toBe(
      `{"schemaVersion":2,"mediaType":"${MediaType.index}","manifests":[]}`,
    );
  });
});

describe('the entry of a referrer', () => {
  const entryOf = (mediaType: string, document: object) => {
    const bytes = json(document);
    const described = { ...describeBytes(mediaType, bytes), annotations: { of: 'the index' } };
    return referrerOf(described, parseManifest(mediaType, bytes), bytes);
  };

  it('has the manifest’s artifact type and annotations, not those of its descriptor', () => {
    const document = { config, layers: [], artifactType: 'text/x', annotations: { a: 'b', c: 1 } };
    expect(entryOf(MediaType.manifest, document)).toMatchObject({
      artifactType: 'text/x',
      annotations: { a: 'b' },
    });
  });

  it('has the type of the config where the manifest states none', () => {
    expect(entryOf(MediaType.manifest, { config, layers: [] }).artifactType).toBe(MediaType.config);
    const index = entryOf(MediaType.index, { manifests: [] });
    expect(index).not.toHaveProperty('artifactType');
    expect(index).not.toHaveProperty('annotations');
  });
});
