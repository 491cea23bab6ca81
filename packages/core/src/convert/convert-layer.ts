import { createHash } from 'node:crypto';
import { spool } from '../archive/spool.js';
import { compress } from '../compression/compress.js';
import { decompress } from '../compression/decompress.js';
import { readRange } from '../disk/read-range.js';
import type { Descriptor } from '../oci/descriptor.js';
import { DEFAULT_LIMITS } from '../oci/limits.js';
import type { CallOptions, Open, Source } from '../transfer/store.js';
import { watched } from '../transfer/watched.js';
import { verified } from '../transfer/verified.js';
import { compressionOf, layerType, type Format, type LayerCompression } from './formats.js';

export interface LayerOptions extends CallOptions {
  readonly format: Format;
  readonly compression: LayerCompression;
  readonly level?: number | undefined;
  readonly spoolFolder: string;
}

/** A layer with other bytes and the same content; they lie in a temporary file until it is closed. */
export interface ConvertedLayer extends AsyncDisposable {
  readonly descriptor: Descriptor;
  readonly open: Open;
}

/** Unpacks a layer and packs it anew, once: its digest is known at the end, and the bytes are kept till then. */
export async function convertLayer(
  source: Source,
  layer: Descriptor,
  { format, compression, level, spoolFolder, signal }: LayerOptions,
): Promise<ConvertedLayer> {
  const { unpackedBytes } = source.limits ?? DEFAULT_LIMITS;
  const raw = verified(source.read(layer, { signal }), layer, {
    signal,
    location: source.location,
  });
  const plain = decompress(raw, compressionOf(layer.mediaType) ?? 'none', unpackedBytes);
  const packed = compression === 'none' ? plain : compress(plain, { kind: compression, level });
  const hash = createHash('sha256');
  let size = 0;
  const measured = watched(packed, (chunk) => {
    hash.update(chunk);
    size += chunk.byteLength;
  });
  const file = await spool(measured, { folder: spoolFolder, signal });
  return {
    descriptor: {
      mediaType: layerType(compression, format),
      digest: `sha256:${hash.digest('hex')}`,
      size,
    },
    open: () => readRange(file, 0, size),
    [Symbol.asyncDispose]: () => file.close(),
  };
}
