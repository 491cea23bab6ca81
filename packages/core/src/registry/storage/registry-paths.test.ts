import { join, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Digest } from '../../oci/digest.js';
import {
  blobLink,
  digestOfLink,
  linkFolder,
  manifestLink,
  quarantineFile,
  referrerLink,
  repositoryFolder,
  tagLink,
  trashFile,
  uploadFile,
} from './registry-paths.js';

const HEX = 'a'.repeat(64);
const DIGEST = `sha256:${HEX}` as const;
const INVALID = expect.objectContaining({ code: 'INVALID', location: '/r' }) as Error;
const app = (...rest: readonly string[]) => join('/r/repositories/team/app', ...rest);

describe('a path of a registry', () => {
  it('is where the drawing says', () => {
    expect(repositoryFolder('/r', 'team/app')).toBe(app());
    expect(blobLink('/r', 'team/app', DIGEST)).toBe(app('_blobs', `sha256-${HEX}`));
    expect(manifestLink('/r', 'team/app', DIGEST)).toBe(app('_manifests', `sha256-${HEX}`));
    expect(tagLink('/r', 'team/app', 'V1')).toBe(app('_tags', '!v1'));
    expect(referrerLink('/r', 'team/app', { subject: DIGEST, digest: DIGEST })).toBe(
      app('_referrers', `sha256-${HEX}`, `sha256-${HEX}`),
    );
    expect(uploadFile('/r', 'team/app', { id: 'a'.repeat(32), writer: 'p1' })).toBe(
      app('_uploads', `${'a'.repeat(32)}.p1`),
    );
    expect(trashFile('/r', DIGEST)).toBe(join('/r/trash', `sha256-${HEX}`));
    expect(trashFile('/r', DIGEST, 'team/app')).toBe(app('_trash', `sha256-${HEX}`));
    expect(quarantineFile('/r', DIGEST)).toBe(join('/r/quarantine', `sha256-${HEX}`));
  });

  it('keeps the parts of a repository apart from its own folders', () => {
    expect(repositoryFolder('/r', 'a/con/b').split(sep)).not.toContain('con');
    expect(() => repositoryFolder('/r', 'a/_tags')).toThrow(INVALID);
  });

  it.each(['..', 'a/..', '', '/a', 'a//b', 'A', 'a\0', 'a/../../b'])(
    'is never that of %j',
    (name) => {
      expect(() => repositoryFolder('/r', name)).toThrow(INVALID);
      expect(() => linkFolder('/r', name, '_blobs')).toThrow(INVALID);
    },
  );

  it.each(['..', '', 'a/b', '.x', 'a b'])('is never that of the tag %j', (tag) => {
    expect(() => tagLink('/r', 'a', tag)).toThrow(INVALID);
  });

  it('is never that of another digest, upload or process', () => {
    const evil = 'sha256:../../x' as Digest;
    for (const work of [
      () => blobLink('/r', 'a', evil),
      () => trashFile('/r', evil),
      () => quarantineFile('/r', evil),
      () => uploadFile('/r', 'a', { id: '../x', writer: 'p' }),
      () => uploadFile('/r', 'a', { id: 'a'.repeat(32), writer: '/../../../../x' }),
    ])
      expect(work).toThrow(expect.objectContaining({ code: 'INVALID' }) as Error);
  });
});

it.each([
  [`sha256-${HEX}`, DIGEST],
  [`sha512-${HEX}${HEX}`, `sha512:${HEX}${HEX}`],
  [`sha256-${HEX}.partial`, undefined],
  [`sha256:${HEX}`, DIGEST],
  ['x', undefined],
])('the file %s is that of %s', (name, digest) => {
  expect(digestOfLink(name)).toBe(digest);
});
