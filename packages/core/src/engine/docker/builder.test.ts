import { expect, it } from 'vitest';
import { builderFor } from './builder.js';

const LIBPOD = { 'libpod-api-version': '5.8.6', 'builder-version': '1' };

it.each([
  [{}, undefined, { kind: 'classic' }],
  [{ 'builder-version': '1' }, undefined, { kind: 'classic' }],
  [{ 'builder-version': '2' }, undefined, { kind: 'buildkit' }],
  [{ 'builder-version': '2' }, '', { kind: 'buildkit' }],
  [{ 'builder-version': '2' }, '0', { kind: 'classic' }],
  [{ 'builder-version': '2' }, 'False', { kind: 'classic' }],
  [{}, 'true', { kind: 'buildkit' }],
  [{ 'api-version': '1.41' }, '1', { kind: 'buildkit', version: '1.41' }],
  [{ 'api-version': '1.41' }, undefined, { kind: 'classic', version: '1.41' }],
  [LIBPOD, '1', { kind: 'buildah' }],
  [
    { ...LIBPOD, 'libpod-buildah-version': '1.43.2' },
    undefined,
    { kind: 'buildah', version: '1.43.2' },
  ],
])(
  'an engine that answers %j, with DOCKER_BUILDKIT=%s, builds with %j',
  (headers, choice, builder) => {
    expect(builderFor(headers, choice)).toEqual(builder);
  },
);

it('another value of DOCKER_BUILDKIT is refused, as docker does', () => {
  expect(() => builderFor({}, 'yes')).toThrow(
    expect.objectContaining({
      code: 'USAGE',
      message: 'DOCKER_BUILDKIT: expected 1 or 0, got "yes"',
    }),
  );
});
