import { describe, expect, it } from 'vitest';
import { storeWith } from '../../../testing/image.js';
import { pushItemOf } from '../../../testing/push-item.js';
import { servedRegistry } from '../../../testing/served-registry.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { openRepository } from '../../distribution/open-repository.js';
import { MediaType } from '../../oci/media-types.js';
import type { Opened } from '../../open.js';
import { surroundingsOf } from '../../surroundings.js';
import { imagesOf } from '../../transfer/graph/graph.js';
import type { PushableImage } from './merge-index.js';
import {
  createLayerMemory,
  predictImage,
  recompressImage,
  type PushedFormOptions,
} from './pushed-form.js';

interface Case extends PushedFormOptions {
  readonly kind?: Opened['kind'];
  readonly gzip?: boolean;
  /** Whether the registry is on this machine. */
  readonly isNear?: boolean;
}

/** The form of an image as predicted before and after it was sent, and as it was sent. */
async function formsOf({ kind, gzip = false, isNear = false, ...options }: Case) {
  const { host } = await servedRegistry();
  const store = await storeWith('app:1', { gzip, layers: 1 });
  const item = await pushItemOf(store, isNear ? host : 'registry.example', kind);
  const cache = await temporaryFolder();
  const predict = () => predictImage(item, { ...options, packings: createLayerMemory(cache) });
  await using sink = await openRepository(`${host}/app:1`, { plainHttp: true }, surroundingsOf());
  let sent = 0;
  const onSent = (bytes: number) => void (sent += bytes);
  const before = await predict();
  const packings = createLayerMemory(cache);
  const made = await recompressImage(item, sink, { ...options, packings, onSent });
  return { original: item.graph.root.digest, before, made, after: await predict(), sent };
}

const digestOf = (image: PushableImage | undefined) => image?.graph.root.digest;
const layerTypeOf = ({ graph }: PushableImage) => imagesOf(graph)[0]?.layers[0]?.mediaType;

describe('the layers of a pushed image', () => {
  it.each<[string, Case, string]>([
    ['an OCI archive stay as they are', {}, MediaType.layer],
    ['a docker-archive are packed', { kind: 'docker-archive' }, MediaType.layerGzip],
    [
      'a docker-archive stay plain on the way to this machine',
      { kind: 'docker-archive', isNear: true },
      MediaType.layer,
    ],
    ['an engine are packed', { kind: 'engine' }, MediaType.layerGzip],
    [
      'a docker-archive stay plain on demand',
      { kind: 'docker-archive', compress: 'none' },
      MediaType.layer,
    ],
    ['any image are packed as asked', { compress: 'zstd' }, MediaType.layerZstd],
    ['any image are repacked as asked', { gzip: true, compress: 'zstd' }, MediaType.layerZstd],
    ['any image are unpacked as asked', { gzip: true, compress: 'none' }, MediaType.layer],
    [
      'any image get the media types of Docker',
      { gzip: true, format: 'docker' },
      MediaType.dockerLayerGzip,
    ],
  ])('of %s', async (_, options, mediaType) => {
    const { made } = await formsOf(options);
    expect(layerTypeOf(made)).toBe(mediaType);
  });
});

describe('the digest of a pushed image', () => {
  it.each<Case>([{}, { gzip: true, compress: 'gzip' }, { format: 'keep' }])(
    'is known before, and unchanged, when no layer changes: %j',
    async (options) => {
      const { original, before, made, sent } = await formsOf(options);
      expect([digestOf(before), digestOf(made), sent]).toEqual([original, original, 0]);
    },
  );

  it('is known before, and another, when only media types change', async () => {
    const { original, before, made, sent } = await formsOf({ gzip: true, format: 'docker' });
    expect(digestOf(before)).toBe(digestOf(made));
    expect(digestOf(before)).not.toBe(original);
    expect(sent).toBe(0);
  });

  it('is known to later processes once its layers were packed', async () => {
    const { original, before, made, after, sent } = await formsOf({ compress: 'gzip' });
    expect(before).toBeUndefined();
    expect(digestOf(after)).toBe(digestOf(made));
    expect(digestOf(made)).not.toBe(original);
    expect(sent).toBeGreaterThan(0);
  });
});
