import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeForeignImage } from '../../testing/foreign-image.js';
import { nameImage, put, storeWith, writeImage, writeIndex } from '../../testing/image.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { formatIndex } from '../oci/manifest.js';
import { MediaType } from '../oci/media-types.js';
import { formatPlatform, parsePlatform } from '../oci/platform.js';
import { copy } from '../transfer/copy.js';
import { selectPlatform } from '../transfer/graph/select-platform.js';
import type { Source } from '../transfer/store.js';
import { walk } from '../transfer/graph/walk.js';
import { imagesOf } from '../transfer/graph/graph.js';
import { verifySource } from '../verify/verify-source.js';
import { convertImage } from './convert-image.js';
import type { ConvertOptions } from './convert-options.js';

/** Converts an image, copies the result to a store, and verifies it. */
async function convertToStore(source: Source, options: Partial<ConvertOptions>, name?: string) {
  const notices: string[] = [];
  const onNotice = (text: string) => void notices.push(text);
  await using conversion = await convertImage(source, await source.resolve(name), {
    spoolFolder: await temporaryFolder(),
    onNotice,
    ...options,
  });
  const store = new MemoryStore();
  await copy(conversion.source, undefined, store);
  await store.commit();
  expect((await verifySource(store)).problems).toEqual([]);
  const graph = await walk(store, conversion.to);
  return { ...conversion, store, graph, notices, images: imagesOf(graph) };
}

const ARM64 = parsePlatform('linux/arm64');

const types = (images: ReturnType<typeof imagesOf>) =>
  images.flatMap(({ layers }) =>
    layers.map(({ mediaType }) => mediaType.replace(/^.*\.(?:layer|rootfs)\./, '')),
  );

describe('converting an image', () => {
  it('keeps the config when it compresses layers, and restores the digest when it decompresses them', async () => {
    const plain = await storeWith('a:1', { bytes: 3_000_000 });
    const before = (await plain.resolve('a:1')).descriptor;
    const config = imagesOf(await walk(plain, before))[0]?.configDescriptor.digest;
    for (const compress of ['gzip', 'zstd'] as const) {
      const packed = await convertToStore(plain, { compress });
      expect(types(packed.images)).toEqual([`v1.tar+${compress}`, `v1.tar+${compress}`]);
      expect(packed.images[0]?.configDescriptor.digest).toBe(config);
      expect(packed.to.digest).not.toBe(before.digest);
      const again = await convertToStore(plain, { compress });
      expect(again.to.digest).toBe(packed.to.digest);
      const unpacked = await convertToStore(packed.store, { compress: 'none' });
      expect(unpacked.to.digest).toBe(before.digest);
    }
  });

  it('changes nothing when the image already has the wanted form', async () => {
    const source = await storeWith('a:1', { gzip: true });
    for (const options of [{}, { compress: 'gzip' as const }, { format: 'oci' as const }]) {
      const { from, to } = await convertToStore(source, options);
      expect(to).toEqual(from);
    }
  });

  it('converts between the docker and OCI formats', async () => {
    const source = await storeWith('a:1', { gzip: true });
    const docker = await convertToStore(source, { format: 'docker' });
    expect(docker.to.mediaType).toBe('application/vnd.docker.distribution.manifest.v2+json');
    expect(types(docker.images)).toEqual(['diff.tar.gzip', 'diff.tar.gzip']);
    const back = await convertToStore(docker.store, { format: 'oci' });
    expect(back.to.digest).toBe((await source.resolve('a:1')).descriptor.digest);
    const spoolFolder = join(await temporaryFolder(), 'spool');
    await expect(
      convertToStore(source, { format: 'docker', compress: 'zstd', spoolFolder }),
    ).rejects.toMatchObject({ code: 'USAGE' });
    await expect(stat(spoolFolder), 'no layer was converted').rejects.toThrow('ENOENT');
  });

  it('keeps only the given platforms', async () => {
    const source = new MemoryStore();
    const [amd64, arm64, s390x] = ['amd64', 'arm64', 's390x'].map((architecture) => ({
      os: 'linux',
      architecture,
    }));
    if (!amd64 || !arm64 || !s390x) throw new Error('three platforms');
    await writeIndex(source, 'a:1', [amd64, arm64, s390x]);
    const one = await convertToStore(source, { platforms: [arm64] });
    expect(one.images).toHaveLength(1);
    expect(one.to.mediaType).toContain('manifest.v1');
    const two = await convertToStore(source, { platforms: [amd64, s390x], compress: 'gzip' });
    expect(two.images.map(({ config }) => config.platform.architecture)).toEqual([
      'amd64',
      's390x',
    ]);
    expect(two.to.mediaType).toContain('index');
    await expect(
      convertToStore(source, { platforms: [{ os: 'linux', architecture: 'arm' }] }),
    ).rejects.toThrow(/no image for linux\/arm, only for linux\/amd64, linux\/arm64/);
  });

  it('takes the platform of an entry that states none from its config', async () => {
    const source = new MemoryStore();
    const entries = [
      await writeImage(source, undefined),
      await writeImage(source, undefined, { platform: ARM64 }),
    ];
    await nameImage(source, await put(source, MediaType.index, formatIndex(entries)), 'a:1');
    const converted = await convertToStore(source, { platforms: [ARM64] }, 'a:1');
    expect(converted.to).toEqual(entries[1]);
  });

  it('keeps each version of Windows, or the wanted one, with its platform as written', async () => {
    const source = new MemoryStore();
    const texts = ['windows(10.0.17763.1+win32k)/amd64', 'windows(10.0.20348.1+win32k)/amd64'];
    const platforms = ['linux/amd64', ...texts].map(parsePlatform);
    await writeIndex(source, 'a:1', platforms);
    const convert = async (compress: 'zstd' | undefined, ...wanted: string[]) => {
      const options = { platforms: wanted.map(parsePlatform), compress };
      const { graph } = await convertToStore(source, options);
      const index = graph.documents.get(graph.root.digest)?.manifest;
      const entries = index?.kind === 'index' ? index.manifests : [graph.root];
      return entries.map(({ platform }) => platform && formatPlatform(platform));
    };
    expect(await convert('zstd')).toEqual(['linux/amd64', ...texts]);
    expect(await convert('zstd', 'windows/amd64')).toEqual(texts);
    expect(await convert(undefined, 'windows(10.0.20348)/amd64')).toEqual([texts[1]]);
    const { descriptor } = await source.resolve('a:1');
    const select = (wanted: string) => selectPlatform(source, descriptor, parsePlatform(wanted));
    await expect(select('windows/amd64')).rejects.toMatchObject({ code: 'AMBIGUOUS' });
    expect((await select('windows(10.0.17763)/amd64')).platform).toEqual(platforms[1]);
  });

  it('leaves foreign layers as they are, and their urls', async () => {
    const source = new MemoryStore();
    const { foreign } = await writeForeignImage(source, 'a:1', ['https://far.invalid/1']);
    const { graph } = await convertToStore(source, { compress: 'zstd', format: 'oci' });
    expect(imagesOf(graph)[0]?.layers).toMatchObject([
      { ...foreign, mediaType: MediaType.foreignGzip },
      { mediaType: MediaType.layerZstd },
    ]);
  });
});
