import { ImageError } from '../errors.js';
import { MediaType } from '../oci/media-types.js';

/** The media types of manifests, configs and layers: those of the OCI image spec or those of Docker. */
export type Format = 'oci' | 'docker';
/** Compression of a layer. */
export type LayerCompression = 'none' | 'gzip' | 'zstd';

/** The media types of both formats, by what they are of. */
const TYPES: Readonly<Record<string, Readonly<Partial<Record<Format, string>>>>> = {
  index: { oci: MediaType.index, docker: MediaType.dockerList },
  manifest: { oci: MediaType.manifest, docker: MediaType.dockerManifest },
  config: { oci: MediaType.config, docker: MediaType.dockerConfig },
  none: { oci: MediaType.layer, docker: MediaType.dockerLayer },
  gzip: { oci: MediaType.layerGzip, docker: MediaType.dockerLayerGzip },
  zstd: { oci: MediaType.layerZstd },
};
const LAYERS: readonly LayerCompression[] = ['none', 'gzip', 'zstd'];

/** How a layer is compressed, as its media type says; undefined for what is no layer that we know. */
export function compressionOf(mediaType: string): LayerCompression | undefined {
  return LAYERS.find((kind) => Object.values(TYPES[kind] ?? {}).includes(mediaType));
}

/** The format that a media type belongs to; undefined for others. */
export function formatOf(mediaType: string): Format | undefined {
  for (const types of Object.values(TYPES)) {
    if (types.oci === mediaType) return 'oci';
    if (types.docker === mediaType) return 'docker';
  }
  return undefined;
}

/** The same media type in another format. @throws ImageError USAGE (docker's has no zstd) */
export function inFormat(mediaType: string, format: Format): string {
  for (const types of Object.values(TYPES))
    if (types.oci === mediaType || types.docker === mediaType) return typeIn(types, format);
  return mediaType;
}

export function layerType(compression: LayerCompression, format: Format): string {
  return typeIn(TYPES[compression] ?? {}, format);
}

function typeIn(types: Readonly<Partial<Record<Format, string>>>, format: Format): string {
  const found = types[format];
  if (found !== undefined) return found;
  throw new ImageError('USAGE', `--format ${format}: expected layers without zstd, got zstd`, {
    hint: 'Docker’s format knows gzip only: add --compress gzip, or use --format oci.',
  });
}
