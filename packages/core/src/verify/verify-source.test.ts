import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeWith, writeImage, writeIndex } from '../../testing/image.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { ArchiveWriter } from '../archive/archive-writer.js';
import { openArchive } from '../archive/open-archive.js';
import { packTar, type TarMember } from '../archive/tar/pack-tar.js';
import { writeAtomically } from '../disk/atomic-write.js';
import { digestOf, type Digest } from '../oci/digest.js';
import { formatManifest } from '../oci/manifest.js';
import { copy } from '../transfer/copy.js';
import {
  asProblem,
  verifySource,
  type VerifySourceResult,
  type VerifyOptions,
} from './verify-source.js';

async function archiveOf(content: MemoryStore): Promise<string> {
  const path = join(await temporaryFolder(), 'x.tar');
  await using writer = new ArchiveWriter(path, (bytes) => writeAtomically(path, bytes));
  for await (const { descriptor } of content.list()) await copy(content, descriptor.digest, writer);
  await writer.commit();
  return path;
}

async function verifyFile(path: string, options?: VerifyOptions): Promise<VerifySourceResult> {
  try {
    await using source = (await openArchive(path)).source;
    return await verifySource(source, options);
  } catch (error) {
    return { images: 0, bytes: 0, problems: [asProblem(error)], notices: [], unreferenced: [] };
  }
}

const codes = ({ problems }: VerifySourceResult) => problems.map(({ code }) => code);
const layersOf = (content: MemoryStore) =>
  [...content.blobs].filter(([, bytes]) => bytes.byteLength > 1500).map(([digest]) => digest);

describe('verify', () => {
  it.each([{}, { gzip: true }])('finds no problems in a valid archive: %j', async (options) => {
    const content = await storeWith('a:1', options);
    await writeImage(content, 'b:1', { ...options, seed: 'b' });
    const verified = await verifyFile(await archiveOf(content));
    expect(verified).toMatchObject({ images: 2, problems: [], unreferenced: [] });
    expect(verified.bytes).toBe(
      layersOf(content).reduce(
        (sum, digest) => sum + (content.blobs.get(digest)?.byteLength ?? 0),
        0,
      ),
    );
  });

  it('counts an image with two names once, in memory and on disk', async () => {
    const content = await storeWith('a:1');
    await writeImage(content, 'again:1');
    const inMemory = await verifySource(content);
    expect(inMemory).toMatchObject({ images: 1, problems: [], unreferenced: [] });
    expect((await verifyFile(await archiveOf(content))).bytes).toBeGreaterThan(4000);
  });

  it('lists all problems with member and offset', async () => {
    const content = await storeWith('a:1', { layers: 3 });
    const [first, second] = layersOf(content) as [Digest, Digest];
    const path = await archiveOf(content);
    const bytes = await readFile(path);
    for (const digest of [first, second]) {
      const at = bytes.indexOf(content.blobs.get(digest) ?? '') + 600;
      bytes[at] = (bytes[at] ?? 0) ^ 1;
    }
    await writeFile(path, bytes);
    const { problems } = await verifyFile(path);
    expect(
      problems.map(({ code, digest, image, expected }) => [code, digest, image, expected]).sort(),
    ).toEqual(
      [first, second].map((digest) => ['CORRUPT', digest, 'docker.io/library/a:1', digest]).sort(),
    );
    for (const { offset, member, digest } of problems) {
      expect(member).toBe(`blobs/${digest?.replace(':', '/')}`);
      expect((offset ?? 1) % 512).toBe(0);
    }
  });

  it('reports missing content as INCOMPLETE and wrong layers as INVALID', async () => {
    const content = await storeWith('a:1');
    const [layer] = layersOf(content) as [Digest];
    content.blobs.delete(layer);
    expect(codes(await verifySource(content))).toEqual(['INCOMPLETE']);

    const swapped = await storeWith('a:1');
    const { descriptor: root } = await swapped.resolve('a:1');
    const manifest = JSON.parse(Buffer.from(swapped.blobs.get(root.digest) ?? []).toString()) as {
      config: never;
      layers: never[];
    };
    const wrong = formatManifest(manifest.config, manifest.layers.slice().reverse());
    const other = {
      ...root,
      digest: digestOf(wrong),
      size: wrong.byteLength,
    };
    swapped.blobs.set(other.digest, wrong);
    await swapped.tag(other, 'a:1');
    await swapped.commit();
    expect(codes(await verifySource(swapped, { reference: 'a:1' }))).toEqual([
      'INVALID',
      'INVALID',
    ]);
  });

  it('accepts an index with missing platforms only with allowSparse', async () => {
    const content = new MemoryStore();
    await writeIndex(content, 'a:1', [
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm64' },
    ]);
    const { descriptor } = await content.resolve('a:1');
    const index = JSON.parse(
      Buffer.from(content.blobs.get(descriptor.digest) ?? []).toString(),
    ) as {
      manifests: { digest: Digest }[];
    };
    content.blobs.delete(index.manifests[1]?.digest ?? 'sha256:');
    const verified = await verifySource(content);
    expect(codes(verified)).toEqual(['INCOMPLETE']);
    expect(verified.problems[0]?.message).toContain('for linux/arm64');
    expect(codes(await verifySource(content, { allowSparse: true }))).toEqual([]);
  });

  it('lists members that belong to no image', async () => {
    const path = await archiveOf(await storeWith('a:1'));
    const more: TarMember = { name: 'notes.txt', size: 2, open: () => [Buffer.from('hi')] };
    const before = await readFile(path);
    const chunks: Uint8Array[] = [before.subarray(0, before.byteLength - 1024)];
    for await (const chunk of packTar([more])) chunks.push(chunk);
    await writeFile(path, Buffer.concat(chunks));
    expect(await verifyFile(path)).toMatchObject({ problems: [], unreferenced: ['notes.txt'] });
  });
});

describe('a small archive', () => {
  it('truncated at any byte has problems, and verification leaves no files behind', async () => {
    const path = await archiveOf(await storeWith('a:1', { bytes: 100, layers: 1 }));
    const bytes = await readFile(path);
    // Only padding follows the last member; an archive without it is still complete.
    const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
    for (let length = 0; length < end; length += 37) {
      await writeFile(path, bytes.subarray(0, length));
      const { problems, images } = await verifyFile(path);
      expect(problems.length + Number(images === 0), `${length}`).toBeGreaterThan(0);
    }
    expect(await readdir(join(path, '..'))).toEqual(['x.tar']);
    await rm(path);
  });

  it('with a changed byte has problems, or still contains the same image', async () => {
    const content = await storeWith('a:1', { bytes: 100, layers: 1, gzip: true });
    const path = await archiveOf(content);
    const { descriptor } = await content.resolve('a:1');
    const bytes = await readFile(path);
    let found = 0;
    const flip = async (at: number, file: string) => {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 0x20;
      await writeFile(file, flipped);
      const { problems, images } = await verifyFile(file);
      if (problems.length > 0 || images === 0) {
        found++;
        return;
      }
      await using source = (await openArchive(file)).source;
      for await (const image of source.list())
        expect(image.descriptor.digest, `byte ${at}`).toBe(descriptor.digest);
    };
    const LANES = 8;
    const lane = async (_: unknown, first: number) => {
      for (let at = first; at < bytes.byteLength; at += LANES) await flip(at, `${path}.${first}`);
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    expect(found).toBeGreaterThan(2000);
  });
});
