import { describe, expect, it } from 'vitest';
import {
  isForeignLayerType,
  isImageConfigType,
  isImageType,
  isIndexType,
  isLayerType,
  isManifestType,
  isMediaType,
  isPlainLayerType,
  MANIFEST_TYPES,
  MediaType,
} from './media-types.js';

describe('a media type', () => {
  it.each([
    ['text/plain', true],
    [MediaType.layerGzip, true],
    [`a/${'b'.repeat(127)}`, true],
    [`a/${'b'.repeat(128)}`, false],
    ['', false],
    ['text', false],
    ['text/', false],
    ['/plain', false],
    ['text/plain; charset=utf-8', false],
    ['text/plain\n', false],
    ['a/b/c', false],
    ['.a/b', false],
  ])('%j is well formed: %s', (text, expected) => {
    expect(isMediaType(text)).toBe(expected);
  });

  it('is that of an index or of an image, and each manifest has one', () => {
    expect(MANIFEST_TYPES.every(isManifestType)).toBe(true);
    for (const each of Object.values(MediaType)) {
      expect(isManifestType(each)).toBe(MANIFEST_TYPES.includes(each));
      expect(isManifestType(each)).toBe(isIndexType(each) !== isImageType(each));
      expect(isManifestType(each) && isLayerType(each)).toBe(false);
    }
  });

  it.each([
    // A type, whether it is a layer, a plain one, a foreign one, the config of an image.
    [MediaType.layer, true, true, false, false],
    [MediaType.layerZstd, true, false, false, false],
    [MediaType.dockerLayer, true, true, false, false],
    [MediaType.dockerLayerGzip, true, false, false, false],
    [MediaType.foreign, true, false, true, false],
    [MediaType.dockerForeignGzip, true, false, true, false],
    [`${MediaType.layerGzip}+encrypted`, true, false, false, false],
    ['application/vnd.oci.image.layer.v1.tarball', false, false, false, false],
    ['application/vnd.oci.image.layer.v2.tar', false, false, false, false],
    [MediaType.config, false, false, false, true],
    [MediaType.dockerConfig, false, false, false, true],
    [MediaType.empty, false, false, false, false],
  ])('%s: layer %s, plain %s, foreign %s, config %s', (type, ...expected) => {
    expect([
      isLayerType(type),
      isPlainLayerType(type),
      isForeignLayerType(type),
      isImageConfigType(type),
    ]).toEqual(expected);
  });
});
