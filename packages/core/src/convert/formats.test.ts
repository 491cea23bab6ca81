import { describe, expect, it } from 'vitest';
import { MediaType } from '../oci/media-types.js';
import { compressionOf, formatOf, layerType, toFormat, type Format } from './formats.js';

const USAGE = expect.objectContaining({ code: 'USAGE' }) as Error;

describe('a media type', () => {
  it.each([
    [MediaType.index, MediaType.dockerList],
    [MediaType.manifest, MediaType.dockerManifest],
    [MediaType.config, MediaType.dockerConfig],
    [MediaType.layer, MediaType.dockerLayer],
    [MediaType.layerGzip, MediaType.dockerLayerGzip],
    [MediaType.foreign, MediaType.dockerForeign],
    [MediaType.foreignGzip, MediaType.dockerForeignGzip],
  ])('%s is %s in Docker’s format, and back', (oci, docker) => {
    expect([toFormat(oci, 'docker'), toFormat(docker, 'docker')]).toEqual([docker, docker]);
    expect([toFormat(docker, 'oci'), toFormat(oci, 'oci')]).toEqual([oci, oci]);
    expect([formatOf(oci), formatOf(docker)]).toEqual(['oci', 'docker']);
  });

  it.each([MediaType.layerZstd, MediaType.foreignZstd])(
    '%s does not exist in Docker’s format',
    (mediaType) => {
      expect(() => toFormat(mediaType, 'docker')).toThrow(USAGE);
      expect(toFormat(mediaType, 'oci')).toBe(mediaType);
    },
  );

  it('that is unknown stays, and has no format', () => {
    for (const format of ['oci', 'docker'] as const)
      expect(toFormat('text/plain', format)).toBe('text/plain');
    expect(formatOf('text/plain')).toBeUndefined();
  });
});

describe('the compression of a layer', () => {
  it.each([
    [MediaType.layer, 'none'],
    [MediaType.dockerLayer, 'none'],
    [MediaType.layerGzip, 'gzip'],
    [MediaType.dockerLayerGzip, 'gzip'],
    [MediaType.layerZstd, 'zstd'],
    // The content of a foreign layer is not ours to change.
    [MediaType.foreignGzip, undefined],
    ['text/plain', undefined],
  ])('of %s is %s', (mediaType, expected) => {
    expect(compressionOf(mediaType)).toBe(expected);
  });

  it.each<['none' | 'gzip' | 'zstd', Format, string]>([
    ['none', 'oci', MediaType.layer],
    ['zstd', 'oci', MediaType.layerZstd],
    ['gzip', 'docker', MediaType.dockerLayerGzip],
  ])('%s of %s is the type %s', (compression, format, expected) => {
    expect(layerType(compression, format)).toBe(expected);
    expect(compressionOf(expected)).toBe(compression);
  });

  it('zstd of Docker is refused with what to do', () => {
    expect(() => layerType('zstd', 'docker')).toThrow(USAGE);
  });
});
