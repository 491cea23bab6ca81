import { ImageError } from '../errors.js';
import { MediaType } from '../oci/media-types.js';
import { option, wording } from '../wording.js';

/** The media types of manifests, configs and layers: those of the OCI image spec or those of Docker. */
export type Format = 'oci' | 'docker';
/** Compression of a layer. */
export type LayerCompression = 'none' | 'gzip' | 'zstd';

/** The media types of both formats, by kind of content. */
const TYPES: Readonly<Record<string, Readonly<Partial<Record<Format, string>>>>> = {
  index: { oci: MediaType.index, docker: MediaType.dockerList },
  manifest: { oci: MediaType.manifest, docker: MediaType.dockerManifest },
  config: { oci: MediaType.config, docker: MediaType.dockerConfig },
  none: { oci: MediaType.layer, docker: MediaType.dockerLayer },
  gzip: { oci: MediaType.layerGzip, docker: MediaType.dockerLayerGzip },
  zstd: { oci: MediaType.layerZstd },
  foreign: { oci: MediaType.foreign, docker: MediaType.dockerForeign },
  foreignGzip: { oci: MediaType.foreignGzip, docker: MediaType.dockerForeignGzip },
  foreignZstd: { oci: MediaType.foreignZstd },
};
const LAYER_COMPRESSIONS: readonly LayerCompression[] = ['none', 'gzip', 'zstd'];

/** The compression of a layer by its media type; undefined for types that are not known layer types. */
export function compressionOf(mediaType: string): LayerCompression | undefined {
  return LAYER_COMPRESSIONS.find((kind) => Object.values(TYPES[kind] ?? {}).includes(mediaType));
}

/** The format that a media type belongs to; undefined for unknown types. */
export function formatOf(mediaType: string): Format | undefined {
  for (const types of Object.values(TYPES)) {
    if (types.oci === mediaType) return 'oci';
    if (types.docker === mediaType) return 'docker';
  }
  return undefined;
}

/** Converts a media type to a format; unknown types stay. @throws ImageError USAGE (docker's format has no zstd) */
export function toFormat(mediaType: string, format: Format): string {
  for (const types of Object.values(TYPES))
    if (types.oci === mediaType || types.docker === mediaType) return typeIn(types, format);
  return mediaType;
}

/** The media type of a layer. @throws ImageError USAGE (docker's format has no zstd) */
export function layerType(compression: LayerCompression, format: Format): string {
  return typeIn(TYPES[compression] ?? {}, format);
}

function typeIn(types: Readonly<Partial<Record<Format, string>>>, format: Format): string {
  const found = types[format];
  if (found !== undefined) return found;
  throw new ImageError(
    'USAGE',
    wording`${option('format', format)}: a layer is compressed with zstd`,
    {
      hint: wording`Docker’s format supports gzip only: add ${option('compress', 'gzip')}, or use ${option('format', 'oci')}.`,
    },
  );
}
