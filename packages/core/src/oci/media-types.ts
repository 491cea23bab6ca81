/** Media types of the OCI image spec 1.1 (media-types.md) and of Docker's image manifest v2, schema 2. */
export const MediaType = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  layerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  layerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  empty: 'application/vnd.oci.empty.v1+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  foreign: 'application/vnd.oci.image.layer.nondistributable.v1.tar',
  foreignGzip: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
  foreignZstd: 'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd',
  dockerForeign: 'application/vnd.docker.image.rootfs.foreign.diff.tar',
  dockerForeignGzip: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
} as const;

const INDEXES: ReadonlySet<string> = new Set([MediaType.index, MediaType.dockerList]);
const MANIFESTS: ReadonlySet<string> = new Set([MediaType.manifest, MediaType.dockerManifest]);
const CONFIGS: ReadonlySet<string> = new Set([MediaType.config, MediaType.dockerConfig]);
const PLAIN_LAYERS: ReadonlySet<string> = new Set([MediaType.layer, MediaType.dockerLayer]);

/** OCI's and Docker's layers, also those that are not distributed, compressed or encrypted. */
const LAYERS =
  /^application\/vnd\.(?:oci\.image\.layer\.(?:nondistributable\.)?v1|docker\.image\.rootfs\.(?:foreign\.)?diff)\.tar\b/;

const FOREIGN_LAYERS: ReadonlySet<string> = new Set([
  MediaType.foreign,
  MediaType.foreignGzip,
  MediaType.foreignZstd,
  MediaType.dockerForeign,
  MediaType.dockerForeignGzip,
]);

/** A type or subtype of RFC 6838 § 4.2; parameters are not accepted. */
const NAME = '[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}';
const GRAMMAR = new RegExp(`^${NAME}/${NAME}$`);

export function isMediaType(text: string): boolean {
  return GRAMMAR.test(text);
}

/** Media types of all manifests that Stowage reads. */
export const MANIFEST_TYPES: readonly string[] = [...MANIFESTS, ...INDEXES];

export function isIndexType(mediaType: string): boolean {
  return INDEXES.has(mediaType);
}

/** An image manifest, or an artifact's: both have the same shape. */
export function isImageType(mediaType: string): boolean {
  return MANIFESTS.has(mediaType);
}

/** A manifest or an index. */
export function isManifestType(mediaType: string): boolean {
  return isIndexType(mediaType) || isImageType(mediaType);
}

/** The config of an image that can run; an artifact's config has another type. */
export function isImageConfigType(mediaType: string): boolean {
  return CONFIGS.has(mediaType);
}

/** A layer of a file system, of any compression; the layers of artifacts have other types. */
export function isLayerType(mediaType: string): boolean {
  return LAYERS.test(mediaType);
}

/** An uncompressed layer: its digest is its diff ID. */
export function isPlainLayerType(mediaType: string): boolean {
  return PLAIN_LAYERS.has(mediaType);
}

/**
 * A foreign layer, which only its publisher may distribute (OCI image spec 1.1, layer.md § Non-Distributable Layers): its
 * content is at the `urls` of its descriptor, and no other place needs to have it.
 */
export function isForeignLayerType(mediaType: string): boolean {
  return FOREIGN_LAYERS.has(mediaType);
}
