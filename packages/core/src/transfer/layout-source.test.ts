import { describe, expect, it } from 'vitest';
import { CountingFiles } from '../../testing/counting-files.js';
import { describe as describeBytes } from '../oci/descriptor.js';
import { blobPath, formatLayoutIndex } from '../oci/layout.js';
import { DEFAULT_LIMITS } from '../oci/limits.js';
import { MediaType } from '../oci/media-types.js';
import { LayoutSource } from './layout-source.js';
import { readAll } from './verified.js';

const BYTES = Buffer.from('{"schemaVersion":2}');
const root = describeBytes(MediaType.manifest, BYTES);
const INDEX = Buffer.from(
  formatLayoutIndex([{ descriptor: root, reference: 'docker.io/library/a:1' }]),
);
const files = () => new CountingFiles({ 'index.json': INDEX, [blobPath(root.digest)]: BYTES });

describe('a layout', () => {
  it('reads content by digest, and parts of it', async () => {
    await using source = await LayoutSource.open('oci:x', files());
    expect([await source.has(root), await source.has(describeBytes('', Buffer.from('x')))]).toEqual(
      [true, false],
    );
    expect(Buffer.from(await readAll(source.read(root)))).toEqual(BYTES);
    expect(String(await readAll(source.read(root, { start: 2, end: 8 })))).toBe('schema');
    expect(await source.locate(root)).toMatchObject({ member: blobPath(root.digest) });
    expect(await source.locate(describeBytes('', Buffer.from('x')))).toBeUndefined();
  });

  it('shows other images of the same files, with the same location and limits', async () => {
    const limits = { ...DEFAULT_LIMITS, members: 7 };
    await using source = await LayoutSource.open('oci:x', files(), { limits });
    const named = source.named([{ descriptor: root, reference: 'docker.io/library/b:2' }]);
    expect([named.location, named.limits]).toEqual(['oci:x', limits]);
    expect((await named.resolve('b:2')).descriptor.digest).toBe(root.digest);
    await expect(named.resolve('a:1')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(String(await readAll(named.read(root)))).toBe(String(BYTES));
  });

  it('with too large or malformed an index is refused', async () => {
    const limits = { ...DEFAULT_LIMITS, manifestBytes: INDEX.byteLength - 1 };
    await expect(LayoutSource.open('x', files(), { limits })).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
    const broken = new CountingFiles({ 'index.json': Buffer.from('[]') });
    await expect(LayoutSource.open('x', broken)).rejects.toMatchObject({ code: 'INVALID' });
  });

  it('never reads a path outside of its blobs', async () => {
    await using source = await LayoutSource.open('x', files());
    const evil = { ...root, digest: 'sha256:../../index.json' as const };
    expect(() => source.read(evil)).toThrow(expect.objectContaining({ code: 'INVALID' }) as Error);
    await expect(source.has(evil)).rejects.toMatchObject({ code: 'INVALID' });
  });

  it('disposes of its files', async () => {
    let isClosed = false;
    const closing = Object.assign(files(), {
      [Symbol.asyncDispose]: async () => void (isClosed = true),
    });
    await (await LayoutSource.open('x', closing))[Symbol.asyncDispose]();
    expect(isClosed).toBe(true);
  });
});
