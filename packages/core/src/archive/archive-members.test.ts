import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CountingFiles } from '../../testing/counting-files.js';
import { digestOf, hexOf } from '../oci/digest.js';
import { DEFAULT_LIMITS } from '../oci/limits.js';
import { MediaType } from '../oci/media-types.js';
import { ArchiveMembers, configDigestIn } from './archive-members.js';

const HEX = 'a'.repeat(64);
const LAYER = Buffer.alloc(1024, 'x');
const PACKED = gzipSync(LAYER);
const DIFF_ID = digestOf(LAYER);
const CONFIG = Buffer.from(JSON.stringify({ rootfs: { diff_ids: [DIFF_ID] } }));

function members(
  files: Readonly<Record<string, Buffer>>,
  links: Readonly<Record<string, string>> = {},
) {
  const counting = new CountingFiles(files, links);
  return { counting, members: new ArchiveMembers('docker-archive:x.tar', counting, undefined) };
}

describe('the digest in the path of a config', () => {
  it.each([
    [`${HEX}.json`, `sha256:${HEX}`],
    [`blobs/sha256/${HEX}`, `sha256:${HEX}`],
    [`sha256:${HEX}`, `sha256:${HEX}`],
    [`x/${HEX}.json`, `sha256:${HEX}`],
    ['config.json', undefined],
    [`x${HEX}.json`, undefined],
    [`${HEX.slice(1)}.json`, undefined],
    [`${HEX}.txt`, undefined],
    [`${HEX}/config.json`, undefined],
  ])('%s is %s', (path, expected) => {
    expect(configDigestIn(path)).toBe(expected);
  });
});

describe('a config of an archive', () => {
  it('is described with its diff IDs, and read once for all its links', async () => {
    const { counting, members: all } = members({ c: CONFIG }, { other: 'c' });
    const config = await all.config('c');
    expect(config).toEqual({
      descriptor: { mediaType: MediaType.config, digest: digestOf(CONFIG), size: CONFIG.length },
      diffIds: [DIFF_ID],
    });
    expect(await all.config('other')).toBe(config);
    expect(counting.reads).toBe(1);
  });

  it('without a file system has no diff IDs', async () => {
    const { members: all } = members({ c: Buffer.from('{}') });
    expect((await all.config('c')).diffIds).toEqual([]);
  });

  it('is CORRUPT when its path has another digest, also by a link to a config that was read', async () => {
    const damaged = Buffer.from('{"rootfs"');
    const { members: all } = members(
      { [`${HEX}.json`]: damaged, c: CONFIG },
      { [`blobs/sha256/${HEX}`]: 'c' },
    );
    await expect(all.config(`${HEX}.json`)).rejects.toMatchObject({ code: 'CORRUPT' });
    await all.config('c');
    await expect(all.config(`blobs/sha256/${HEX}`)).rejects.toMatchObject({
      code: 'CORRUPT',
      location: 'docker-archive:x.tar',
    });
  });

  it('is INVALID, INCOMPLETE or TOO_LARGE', async () => {
    const { members: all } = members({ c: Buffer.from('[]') });
    await expect(all.config('c')).rejects.toMatchObject({ code: 'INVALID' });
    await expect(all.config('none')).rejects.toMatchObject({ code: 'INCOMPLETE' });
    const limits = { ...DEFAULT_LIMITS, manifestBytes: CONFIG.length - 1 };
    const limited = new ArchiveMembers('x', new CountingFiles({ c: CONFIG }), limits);
    await expect(limited.config('c')).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });
});

describe('a layer of an archive', () => {
  it('that is plain has its diff ID as digest', async () => {
    const { members: all } = members({ 'x/layer.tar': LAYER });
    expect(await all.layer('x/layer.tar', DIFF_ID)).toEqual({
      mediaType: MediaType.layer,
      digest: DIFF_ID,
      size: LAYER.length,
    });
  });

  it('that is compressed is hashed, once for all its links', async () => {
    const { counting, members: all } = members({ l: PACKED }, { m: 'l' });
    const layer = await all.layer('l', DIFF_ID);
    expect(layer).toEqual({
      mediaType: MediaType.layerGzip,
      digest: digestOf(PACKED),
      size: PACKED.length,
    });
    expect(await all.layer('m', DIFF_ID)).toEqual(layer);
    // Its first bytes, and all of them.
    expect(counting.reads).toBe(2);
  });

  it.each([`${hexOf(digestOf(PACKED))}.tar.gz`, `blobs/sha256/${hexOf(digestOf(PACKED))}`])(
    'that is compressed has the digest of its path, and is not hashed: %s',
    async (path) => {
      const { counting, members: all } = members({ [path]: PACKED });
      expect((await all.layer(path, DIFF_ID)).digest).toBe(digestOf(PACKED));
      expect(counting.reads).toBe(1);
    },
  );

  it('is zstd, or UNSUPPORTED, by its first bytes', async () => {
    const zstd = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]);
    const { members: all } = members({ z: zstd, b: Buffer.from('BZh91AY&SY') });
    expect((await all.layer('z', DIFF_ID)).mediaType).toBe(MediaType.layerZstd);
    await expect(all.layer('b', DIFF_ID)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: 'b: a layer packed with bzip2; only plain, gzip and zstd layers are supported',
    });
  });

  it('that is missing is INCOMPLETE', async () => {
    const { members: all } = members({});
    await expect(all.layer('l', DIFF_ID)).rejects.toMatchObject({
      code: 'INCOMPLETE',
      location: 'docker-archive:x.tar',
    });
  });
});
