import { readdir } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { put } from '../../testing/image.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { digestOf } from '../oci/digest.js';
import { DEFAULT_LIMITS } from '../oci/limits.js';
import { MediaType } from '../oci/media-types.js';
import { readAll } from '../transfer/verified.js';
import { convertLayer } from './convert-layer.js';

const PLAIN = Buffer.from('some content '.repeat(200));

async function layerOf(mediaType: string, bytes: Uint8Array) {
  const store = new MemoryStore();
  return { store, layer: await put(store, mediaType, bytes), spoolFolder: await temporaryFolder() };
}

describe('a converted layer', () => {
  it('has the digest and size of its new bytes, and can be read from any byte', async () => {
    const { store, layer, spoolFolder } = await layerOf(MediaType.layer, PLAIN);
    const options = { format: 'docker', compression: 'gzip', spoolFolder } as const;
    const { descriptor, open, ...converted } = await convertLayer(store, layer, options);
    const bytes = Buffer.from(await readAll(open()));
    expect(gunzipSync(bytes).equals(PLAIN)).toBe(true);
    expect(descriptor).toEqual({
      mediaType: MediaType.dockerLayerGzip,
      digest: digestOf(bytes),
      size: bytes.length,
    });
    expect(Buffer.from(await readAll(open(10)))).toEqual(bytes.subarray(10));
    await converted[Symbol.asyncDispose]?.();
    expect(await readdir(spoolFolder)).toEqual([]);
  });

  it('is unpacked to the bytes that it was packed from', async () => {
    const { store, layer, spoolFolder } = await layerOf(MediaType.layerGzip, gzipSync(PLAIN));
    const options = { format: 'oci', compression: 'none', spoolFolder } as const;
    const converted = await convertLayer(store, layer, options);
    expect(converted.descriptor.digest).toBe(digestOf(PLAIN));
    await converted[Symbol.asyncDispose]?.();
  });

  it.each([
    ['CORRUPT', 'damaged bytes', Buffer.alloc(100), {}],
    ['CORRUPT', 'fewer bytes', gzipSync(PLAIN).subarray(0, 40), {}],
    ['TOO_LARGE', 'more content than the limit', undefined, { unpackedBytes: 100 }],
  ])('is %s for %s, and leaves no file', async (code, _what, bytes, limits) => {
    const { store, layer, spoolFolder } = await layerOf(MediaType.layerGzip, gzipSync(PLAIN));
    if (bytes) store.blobs.set(layer.digest, bytes);
    const source = Object.assign(store, { limits: { ...DEFAULT_LIMITS, ...limits } });
    const options = { format: 'oci', compression: 'zstd', spoolFolder } as const;
    await expect(convertLayer(source, layer, options)).rejects.toMatchObject({ code });
    expect(await readdir(spoolFolder)).toEqual([]);
  });

  it('in a format without its compression is refused before it is read', async () => {
    const { store, layer, spoolFolder } = await layerOf(MediaType.layer, PLAIN);
    store.blobs.clear();
    const options = { format: 'docker', compression: 'zstd', spoolFolder } as const;
    await expect(convertLayer(store, layer, options)).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('stops at an abort', async () => {
    const { store, layer, spoolFolder } = await layerOf(MediaType.layer, PLAIN);
    const signal = AbortSignal.abort(new TypeError('stopped'));
    const options = { format: 'oci', compression: 'gzip', spoolFolder, signal } as const;
    await expect(convertLayer(store, layer, options)).rejects.toThrow('stopped');
    expect(await readdir(spoolFolder)).toEqual([]);
  });
});
