import { spool } from '../archive/spool.js';
import { compress } from '../compression/compress.js';
import { decompress } from '../compression/decompress.js';
import { readRange } from '../disk/read-range.js';
import type { Descriptor } from '../oci/descriptor.js';
import { DEFAULT_LIMITS } from '../oci/limits.js';
import type { Bytes, CallOptions, Open, Source } from '../transfer/store.js';
import { Meter } from '../transfer/tap.js';
import { verified } from '../transfer/verified.js';
import { compressionOf, layerType, type Format, type LayerCompression } from './formats.js';

/** Options for converting one layer. */
export interface LayerOptions extends CallOptions {
  readonly format: Format;
  readonly compression: LayerCompression;
  readonly level?: number | undefined;
}

/** A converted layer: the same files in another compression. */
export interface ConvertedLayer extends Partial<AsyncDisposable> {
  readonly descriptor: Descriptor;
  readonly open: Open;
}

/** Streams a layer with another compression; the input is verified. @throws ImageError CORRUPT, TOO_LARGE */
export function recompressLayer(
  source: Source,
  layer: Descriptor,
  { compression, level, signal }: LayerOptions,
): Bytes {
  const { unpackedBytes } = source.limits ?? DEFAULT_LIMITS;
  const packed = compressionOf(layer.mediaType) ?? 'none';
  // `compress` copies what it gets; a decompressor and other readers may keep it for longer.
  const lend = packed === 'none' && compression !== 'none';
  const raw = verified(source.read(layer, { lend, signal }), layer, {
    signal,
    location: source.location,
  });
  const plain = decompress(raw, packed, unpackedBytes);
  return compression === 'none' ? plain : compress(plain, { kind: compression, level });
}

/**
 * Converts a layer into a temporary file, because its digest is known only at the end. Dispose of it to delete the
 * file.
 *
 * @throws ImageError USAGE (docker's format has no zstd), CORRUPT, TOO_LARGE, NO_SPACE
 */
export async function convertLayer(
  source: Source,
  layer: Descriptor,
  { spoolFolder, ...options }: LayerOptions & { readonly spoolFolder: string },
): Promise<ConvertedLayer> {
  // First: the format may not have this compression, and then there is no file to delete.
  const mediaType = layerType(options.compression, options.format);
  const meter = new Meter();
  const measured = meter.through(recompressLayer(source, layer, options));
  const file = await spool(measured, { folder: spoolFolder, signal: options.signal });
  const { size } = meter;
  return {
    descriptor: { mediaType, digest: meter.digest(), size },
    open: (start = 0) => readRange(file, start, size),
    [Symbol.asyncDispose]: () => file.close(),
  };
}
