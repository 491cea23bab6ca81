import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { describe as describeBytes } from '../oci/descriptor.js';
import { MediaType } from '../oci/media-types.js';
import { oneChunk } from '../transfer/copy.js';
import { readAll } from '../transfer/verified.js';
import { BlobDir } from './blob-dir.js';
import { blobFile, partialFolder } from './paths.js';

const BYTES = Buffer.from('some content');
const blob = describeBytes(MediaType.layer, BYTES);
const open = () => oneChunk(BYTES);

async function blobDir(options = {}) {
  const root = join(await temporaryFolder(), 'store');
  return { root, dir: new BlobDir(root, options) };
}

describe('a folder of blobs', () => {
  it('reads what was put, and any part of it', async () => {
    const { dir, root } = await blobDir();
    expect(await dir.has(blob)).toBe(false);
    await dir.put(blob, open);
    expect(await dir.has(blob)).toBe(true);
    expect(String(await readAll(dir.read(blob)))).toBe(String(BYTES));
    expect(String(await readAll(dir.read(blob, { start: 5, end: 8 })))).toBe('con');
    expect(await readdir(partialFolder(root))).toEqual([]);
  });

  it('does not open content that is there', async () => {
    const { dir } = await blobDir();
    await dir.put(blob, open);
    await dir.put(blob, () => expect.unreachable());
  });

  it('replaces a file of another size, as a crash may leave it', async () => {
    const { dir, root } = await blobDir();
    const path = blobFile(root, blob.digest);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'cut');
    expect(await dir.has(blob)).toBe(false);
    await dir.put(blob, open);
    expect(String(await readAll(dir.read(blob)))).toBe(String(BYTES));
  });

  it.each([
    ['other content', () => oneChunk(Buffer.from('other bytes!')), { code: 'CORRUPT' }],
    ['fewer bytes', () => oneChunk(Buffer.from('x')), { code: 'CORRUPT' }],
    [
      'a failing source',
      async function* () {
        yield BYTES.subarray(0, 3);
        throw new TypeError('mine');
      },
      { message: 'mine' },
    ],
  ])('has no blob after %s, and no temporary file', async (_what, content, error) => {
    const { dir, root } = await blobDir();
    await expect(dir.put(blob, content)).rejects.toMatchObject(error);
    expect(await dir.has(blob)).toBe(false);
    expect(await readdir(partialFolder(root))).toEqual([]);
  });

  it('that was aborted has no blob', async () => {
    const { dir } = await blobDir();
    const signal = AbortSignal.abort(new TypeError('stopped'));
    await expect(dir.put(blob, open, { signal })).rejects.toThrow('stopped');
    expect(await dir.has(blob)).toBe(false);
  });

  it('marks a blob as in use', async () => {
    const { dir, root } = await blobDir();
    await dir.put(blob, open);
    await utimes(blobFile(root, blob.digest), 1000, 1000);
    await dir.touch(blob);
    expect((await stat(blobFile(root, blob.digest))).mtimeMs).toBeGreaterThan(1e12);
  });

  it('is private where it is asked to be', async () => {
    const root = join(await temporaryFolder(), 'store');
    await new BlobDir(root, { privateTo: root }).put(blob, open);
    const mode = async (path: string) => (await stat(path)).mode & 0o777;
    expect([await mode(root), await mode(blobFile(root, blob.digest))]).toEqual([0o700, 0o600]);
  });

  it('has no blob of another digest, and takes no digest that is a path', async () => {
    const { dir } = await blobDir();
    await expect(readAll(dir.read(blob))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const evil = { ...blob, digest: 'sha256:../../x' as const };
    await expect(dir.has(evil)).rejects.toMatchObject({ code: 'INVALID' });
  });
});
