import { ImageError } from '../errors.js';
import { bare, parseDescriptor, strings, type Descriptor } from './descriptor.js';
import { isObject, parseJsonObject, type JsonObject } from './json.js';
import type { Limits } from './limits.js';
import { isImageType, isIndexType, MediaType } from './media-types.js';

/** An image's or an artifact's manifest: OCI image spec 1.1, manifest.md. */
export interface ImageManifest {
  readonly kind: 'image';
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly artifactType?: string;
  readonly subject?: Descriptor;
}

/** Images for several platforms under one digest: OCI image spec 1.1, image-index.md. */
export interface ImageIndex {
  readonly kind: 'index';
  readonly manifests: readonly Descriptor[];
  readonly artifactType?: string;
  readonly subject?: Descriptor;
}

/** A parsed manifest; `kind` tells an image from an index. */
export type Manifest = ImageManifest | ImageIndex;

/**
 * Reads a manifest or an index, OCI's or Docker's.
 *
 * @throws ImageError INVALID (form), TOO_LARGE, UNSUPPORTED (Docker's schema 1, or another media type)
 */
export function parseManifest(mediaType: string, bytes: Uint8Array, limits?: Limits): Manifest {
  const document = parseJsonObject(bytes, 'manifest', limits);
  if (document['schemaVersion'] === 1) {
    throw new ImageError('UNSUPPORTED', 'manifest: Docker schema 1 is not supported', {
      hint: 'Push the image again with a Docker newer than 1.10.',
    });
  }
  if (typeof document['mediaType'] === 'string' && document['mediaType'] !== mediaType) {
    throw new ImageError(
      'INVALID',
      `manifest: its descriptor says ${mediaType}, its content says ${document['mediaType']}`,
    );
  }
  if (isIndexType(mediaType)) return parseIndex(document);
  if (isImageType(mediaType)) return parseImage(document);
  throw new ImageError(
    'UNSUPPORTED',
    `manifest: ${JSON.stringify(mediaType)} is not the media type of a manifest`,
  );
}

/** BuildKit's mark, in an index, on what only describes another manifest: an annotation with its digest. */
export const ATTESTS = 'vnd.docker.reference.digest';

/** What this manifest points at, in the order in which it must exist before the manifest does. */
export function children(manifest: Manifest): readonly Descriptor[] {
  return manifest.kind === 'index' ? manifest.manifests : [...manifest.layers, manifest.config];
}

/** How a list of referrers shows a manifest (distribution spec 1.1 § Listing Referrers): with its type and annotations. */
export function asReferrer(
  descriptor: Descriptor,
  manifest: Manifest,
  bytes: Uint8Array,
): Descriptor {
  const { annotations } = parseJsonObject(bytes, 'manifest');
  const artifactType =
    manifest.artifactType ?? (manifest.kind === 'image' ? manifest.config.mediaType : undefined);
  return {
    ...bare(descriptor),
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(isObject(annotations) ? { annotations: strings(annotations) } : {}),
  };
}

/** Writes a manifest as canonical bytes: fixed key order, no white space. */
export function formatManifest(config: Descriptor, layers: readonly Descriptor[]): Uint8Array {
  return Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: MediaType.manifest, config, layers }),
  );
}

/** The bytes of an index over images, each with its platform. */
export function formatIndex(manifests: readonly Descriptor[]): Uint8Array {
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MediaType.index, manifests }));
}

function parseIndex(document: JsonObject): ImageIndex {
  return { kind: 'index', manifests: descriptors(document, 'manifests'), ...optional(document) };
}

function parseImage(document: JsonObject): ImageManifest {
  const config = parseDescriptor(document['config'], 'manifest config');
  return { kind: 'image', config, layers: descriptors(document, 'layers'), ...optional(document) };
}

function descriptors(document: JsonObject, key: 'manifests' | 'layers'): Descriptor[] {
  const list = document[key];
  if (!Array.isArray(list)) {
    throw new ImageError(
      'INVALID',
      `manifest ${key}: expected a list, got ${JSON.stringify(list) ?? 'nothing'}`,
    );
  }
  return list.map((each, at) => parseDescriptor(each, `manifest ${key}[${at}]`));
}

function optional(document: JsonObject): Pick<Manifest, 'artifactType' | 'subject'> {
  const { artifactType, subject } = document;
  return {
    ...(typeof artifactType === 'string' ? { artifactType } : {}),
    ...(subject === undefined || subject === null
      ? {}
      : { subject: parseDescriptor(subject, 'manifest subject') }),
  };
}
