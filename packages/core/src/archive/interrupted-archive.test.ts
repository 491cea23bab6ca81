import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeImage } from '../../testing/image.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { copy } from '../transfer/copy.js';
import { ArchiveWriter } from './archive-writer.js';
import type { InterruptedArchive } from './interrupted-archive.js';
import { openParts } from './split-archive.js';
import { readAll } from '../transfer/verified.js';
import { writeArchive } from './write-archive.js';

/** Counts the bytes of blobs that are read. */
class CountingStore extends MemoryStore {
  count = 0;

  override async *read(...args: Parameters<MemoryStore['read']>) {
    for await (const chunk of super.read(...args)) {
      this.count += chunk.byteLength;
      yield chunk;
    }
  }
}

async function twoImages(times = 1): Promise<CountingStore> {
  const store = new CountingStore();
  await writeImage(store, 'app:1', { seed: 'a', bytes: 9000 * times, layers: 2 });
  await writeImage(store, 'db:1', { seed: 'b', bytes: 5000 * times, layers: 2 });
  return store;
}

async function write(path: string, store: MemoryStore, partBytes?: number): Promise<void> {
  let left: InterruptedArchive | undefined;
  await using writer = new ArchiveWriter(
    path,
    (bytes) => writeArchive(path, bytes, { partBytes, onLeft: (found) => (left = found) }),
    { open: (descriptor, open) => left?.open(descriptor, open) ?? open },
  );
  for (const name of ['app:1', 'db:1']) await copy(store, name, writer);
  await writer.commit();
}

/** The bytes of the complete archive. */
async function complete(times = 1): Promise<Buffer> {
  const path = join(await temporaryFolder(), 'x.tar');
  await write(path, await twoImages(times));
  return readFile(path);
}

/** The bytes after which a process died. */
const CUTS = [0, 1, 511, 512, 2000, 4096, 6001, 10_000, 15_555, 20_000, 30_000];
const PART = 4000;

/** Writes what a killed process left, as a single file or as parts. */
async function leave(folder: string, bytes: Uint8Array, isSplit: boolean): Promise<void> {
  if (!isSplit) return writeFile(join(folder, 'x.tar.writing.partial'), bytes);
  for (let at = 0; at < bytes.byteLength; at += PART) {
    const part = `x.tar.${String(at / PART + 1).padStart(3, '0')}.new`;
    await writeFile(join(folder, part), bytes.subarray(at, at + PART));
  }
}

describe.each([
  ['a single file', false],
  ['parts', true],
])('the next write of %s', (_, isSplit) => {
  const contentOf = async (path: string): Promise<Uint8Array> => {
    if (!isSplit) return readFile(path);
    const { files } = await openParts(`${path}.sha256`);
    await using set = files;
    return await readAll(set.range(), Infinity);
  };
  const rewrite = (path: string, store: MemoryStore) =>
    write(path, store, isSplit ? PART : undefined);

  it.each(CUTS)('continues after %i bytes, and leaves nothing', async (cut) => {
    const whole = await complete();
    const folder = await temporaryFolder();
    await leave(folder, whole.subarray(0, cut), isSplit);
    const store = await twoImages();
    const fresh = await twoImages();
    await rewrite(join(folder, 'x.tar'), store);
    await rewrite(join(await temporaryFolder(), 'x.tar'), fresh);
    expect(Buffer.compare(whole, await contentOf(join(folder, 'x.tar')))).toBe(0);
    // The headers of the members and the manifests are no content that is saved.
    if (cut > 15_000) expect(store.count).toBeLessThan(fresh.count - (cut - 15_000));
    else expect(store.count).toBeLessThanOrEqual(fresh.count);
    const names = (await readdir(folder)).filter(
      (name) => !/^x\.tar(?:\.[0-9]{3}|\.sha256)?$/.test(name),
    );
    expect(names).toEqual([]);
  });

  it('continues after a second interruption from the larger rest', async () => {
    const whole = await complete();
    const folder = await temporaryFolder();
    await leave(folder, whole.subarray(0, 100), isSplit);
    const kept = isSplit ? 'x.tar.001.resume.partial' : 'x.tar.resume.partial';
    await writeFile(join(folder, kept), whole);
    const store = await twoImages();
    await rewrite(join(folder, 'x.tar'), store);
    expect(Buffer.compare(whole, await contentOf(join(folder, 'x.tar')))).toBe(0);
    expect(store.count).toBeLessThan(5000);
  });

  it('reads a damaged blob again; a blob that was cut and is damaged fails once', async () => {
    const whole = Buffer.from(await complete());
    const folder = await temporaryFolder();
    const layer = whole.indexOf('blobs/sha256/', 12_000) + 700;
    whole[layer] = (whole[layer] ?? 0) ^ 1;
    await leave(folder, whole, isSplit);
    const path = join(folder, 'x.tar');
    await rewrite(path, await twoImages());
    expect(Buffer.compare(await complete(), await contentOf(path))).toBe(0);

    await leave(folder, whole.subarray(0, layer + 10), isSplit);
    const again = () => twoImages().then((store) => rewrite(path, store));
    await expect(again()).rejects.toMatchObject({ code: 'CORRUPT' });
    await again();
    expect(Buffer.compare(await complete(), await contentOf(path))).toBe(0);
  });

  it.each(['', 'not a tar'.repeat(1000), '\x1f\x8b compressed'])('deletes %j', async (text) => {
    const folder = await temporaryFolder();
    await leave(folder, Buffer.from(text), isSplit);
    await rewrite(join(folder, 'x.tar'), await twoImages());
    expect((await readdir(folder)).filter((name) => /partial|new|lock/.test(name))).toEqual([]);
  });
});

describe('members that were written side by side', () => {
  const TIMES = 100;

  /** Leaves an archive without a part of each layer; `from` and `to` are shares of the layer's size. */
  async function leftWithout(folder: string, from: number, to: number): Promise<Buffer> {
    const whole = await complete(TIMES);
    const left = Buffer.from(whole);
    for (const blob of (await twoImages(TIMES)).blobs.values()) {
      const at = whole.indexOf(blob);
      if (blob.length > 100_000)
        left.fill(0, at + Math.floor(blob.length * from), at + Math.floor(blob.length * to));
    }
    await leave(folder, left, false);
    return whole;
  }

  it.each([0, 0.3, 0.8, 1])('continue after %d of each, where zeros follow', async (share) => {
    const folder = await temporaryFolder();
    const whole = await leftWithout(folder, share, 1);
    const store = await twoImages(TIMES);
    await write(join(folder, 'x.tar'), store);
    expect(Buffer.compare(whole, await readFile(join(folder, 'x.tar')))).toBe(0);
    // Two layers of 9000 bytes, two of 5000; manifests and configs are read anyway.
    expect(store.count).toBeLessThan(28_000 * TIMES * (1 - share) + 12_000);
  });

  it('continue from the file with most content, though all have the same length', async () => {
    const whole = await complete(TIMES);
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'x.tar.resume.partial'), whole);
    const begun = join(folder, 'x.tar.writing.partial');
    await writeFile(begun, whole.subarray(0, 1000));
    await truncate(begun, whole.length);
    const store = await twoImages(TIMES);
    await write(join(folder, 'x.tar'), store);
    expect(store.count).toBeLessThan(12_000);
  });

  it('are read again where a hole is in the middle; with a cut, that fails once', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'x.tar');
    const whole = await leftWithout(folder, 0.3, 0.5);
    await write(path, await twoImages(TIMES));
    expect(Buffer.compare(whole, await readFile(path))).toBe(0);
    const left = Buffer.from(whole);
    const layer = left.length - 400_000;
    left.fill(0, layer, layer + 10_000).fill(0, layer + 100_000);
    await leave(folder, left, false);
    const again = () => twoImages(TIMES).then((store) => write(path, store));
    await expect(again()).rejects.toMatchObject({ code: 'CORRUPT' });
    await again();
    expect(Buffer.compare(whole, await readFile(path))).toBe(0);
  });
});

it('the next write moves only the blobs of which nothing was left', async () => {
  const whole = await complete(300);
  const folder = await temporaryFolder();
  const half = whole.byteLength / 2;
  await leave(folder, whole.subarray(0, half), false);
  const store = Object.assign(await twoImages(300), { lends: true });
  await write(join(folder, 'x.tar'), store);
  expect(Buffer.compare(whole, await readFile(join(folder, 'x.tar')))).toBe(0);
  expect(store.count).toBeGreaterThan(half - 50_000);
  expect(store.count).toBeLessThan(half + 50_000);
});
