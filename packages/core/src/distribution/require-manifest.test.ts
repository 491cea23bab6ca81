import { describe, expect, it } from 'vitest';
import { MANIFEST_TYPES } from '../oci/media-types.js';
import { requireManifest, requireTagOrDigest } from './require-manifest.js';

const described = (mediaType: string) => ({
  mediaType,
  digest: `sha256:${'a'.repeat(64)}` as const,
  size: 1,
});

describe('content', () => {
  it.each(MANIFEST_TYPES)('of the type %s is a manifest', (mediaType) => {
    requireManifest(described(mediaType), 'r.example/a:1');
  });

  it.each([
    ['text/html', 'INVALID', '"text/html"'],
    ['', 'INVALID', 'content without a media type'],
    ['application/vnd.docker.distribution.manifest.v1+prettyjws', 'UNSUPPORTED', 'v1+prettyjws'],
    ['x'.repeat(1000), 'INVALID', `"${'x'.repeat(200)}"`],
  ])('of the type %s is refused', (mediaType, code, message) => {
    expect(() => requireManifest(described(mediaType), 'r.example/a:1')).toThrow(
      expect.objectContaining({ code, location: 'r.example/a:1' }) as Error,
    );
    expect(() => requireManifest(described(mediaType), 'x')).toThrow(message);
  });
});

it.each(['1', 'V1.0-rc_1', `sha256:${'a'.repeat(64)}`])('%s is a tag or a digest', (text) => {
  requireTagOrDigest(text, 'x');
});

it.each(['', '../x', 'a/b', '.x', 'a b', 'sha256:1'])(
  '%j is neither a tag nor a digest',
  (text) => {
    expect(() => requireTagOrDigest(text, 'x')).toThrow(
      expect.objectContaining({ code: 'INVALID' }) as Error,
    );
  },
);
