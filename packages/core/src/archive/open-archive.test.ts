import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { inChunks } from '../../testing/chunks.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { DEFAULT_LIMITS } from '../oci/limits.js';
import { openArchive, openPipedArchive } from './open-archive.js';
import { packTar } from './tar/pack-tar.js';
import { readAll } from '../transfer/verified.js';

const GOLDEN = join(import.meta.dirname, '../../testing/golden');

async function tarOf(files: Readonly<Record<string, string>>): Promise<Uint8Array> {
  const members = Object.entries(files).map(([name, text]) => ({
    name,
    size: Buffer.byteLength(text),
    open: () => [Buffer.from(text)],
  }));
  return readAll(packTar(members), Infinity);
}

async function fileOf(content: Uint8Array | string): Promise<string> {
  const path = join(await temporaryFolder(), 'x.tar');
  await writeFile(path, content);
  return path;
}

describe('an archive', () => {
  it('is NOT_FOUND when there is no file', async () => {
    const path = join(await temporaryFolder(), 'none.tar');
    await expect(openArchive(path)).rejects.toMatchObject({ code: 'NOT_FOUND', location: path });
  });

  it('that is compressed is copied into the folder given, and the copy is gone with the source', async () => {
    const spoolFolder = join(await temporaryFolder(), 'spool');
    const { source, compression } = await openArchive(join(GOLDEN, 'podman-oci.tar.gz'), {
      spoolFolder,
    });
    expect(compression).toBe('gzip');
    for await (const { descriptor } of source.list())
      expect(await source.has(descriptor)).toBe(true);
    await source[Symbol.asyncDispose]();
    expect(await readdir(spoolFolder)).toEqual([]);
  });

  it('that unpacks to more than the limit is TOO_LARGE, and leaves nothing', async () => {
    const spoolFolder = join(await temporaryFolder(), 'spool');
    const path = await fileOf(gzipSync(Buffer.alloc(100_000)));
    const limits = { ...DEFAULT_LIMITS, unpackedBytes: 99_999 };
    await expect(openArchive(path, { spoolFolder, limits })).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
    expect(await readdir(spoolFolder)).toEqual([]);
  });

  it('is opened no further after an abort', async () => {
    const path = await fileOf(gzipSync(Buffer.alloc(100_000)));
    const signal = AbortSignal.abort(new TypeError('stopped'));
    await expect(openArchive(path, { signal })).rejects.toThrow('stopped');
  });

  it('whose tar is above a limit says so with its path and a hint', async () => {
    const path = await fileOf(await tarOf({ a: '', b: '' }));
    const limits = { ...DEFAULT_LIMITS, members: 1 };
    await expect(openArchive(path, { limits })).rejects.toMatchObject({
      code: 'TOO_LARGE',
      location: path,
      message: expect.stringContaining(path) as string,
      hint: expect.stringContaining('limits') as string,
    });
  });

  it('with an empty manifest.json alone is a docker-archive without images', async () => {
    const { source, kind, halves } = await openArchive(
      await fileOf(await tarOf({ 'manifest.json': '[]' })),
    );
    await using archive = source;
    expect([kind, halves, archive.location.split(':')[0]]).toEqual([
      'docker-archive',
      undefined,
      'docker-archive',
    ]);
    await expect(archive.resolve()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('names a half that cannot be read, and reads the other', async () => {
    const { source, half, notices, halves } = await openArchive(
      join(GOLDEN, 'docker-25.0-no-layers.tar'),
    );
    await using archive = source;
    expect([half, archive.location.split(':')[0]]).toEqual(['docker', 'docker-archive']);
    expect(notices).toEqual([expect.stringContaining('its OCI half is invalid')]);
    expect((await halves?.docker())?.images.length).toBeGreaterThan(0);
  });

  it('cannot be a folder', async () => {
    const folder = join(await temporaryFolder(), 'd');
    await mkdir(folder);
    await expect(openArchive(folder)).rejects.toThrow();
  });
});

describe('an archive from a stream', () => {
  const open = async (bytes: Uint8Array, size: number) => {
    const spoolFolder = await temporaryFolder();
    const opened = await openPipedArchive('standard input', inChunks(bytes, size), { spoolFolder });
    return { ...opened, spoolFolder };
  };

  it.each([1, 5, 100_000])('is recognized in chunks of %i', async (size) => {
    for (const file of ['docker-20.tar', 'podman-oci.tar.xz']) {
      const bytes = await readFile(join(GOLDEN, file));
      const { source, kind } = await open(bytes, size === 1 ? 511 : size);
      await using archive = source;
      expect(kind).toBe(file === 'docker-20.tar' ? 'docker-archive' : 'oci-archive');
      expect(archive.location).toContain('standard input');
    }
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('hello '.repeat(300))],
  ])('of %s is INVALID', async (_what, bytes) => {
    await expect(open(bytes, 1000)).rejects.toMatchObject({ code: 'INVALID' });
  });

  it('is refused before it is copied when there is too little space', async () => {
    const bytes = await readFile(join(GOLDEN, 'docker-20.tar'));
    const spoolFolder = await temporaryFolder();
    await expect(
      openPipedArchive('x', inChunks(bytes, 1000), {
        spoolFolder,
        expected: Number.MAX_SAFE_INTEGER,
      }),
    ).rejects.toMatchObject({ code: 'NO_SPACE' });
    expect(await readdir(spoolFolder)).toEqual([]);
  });
});
