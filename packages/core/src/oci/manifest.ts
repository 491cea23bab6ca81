import { ImageError } from '../errors.js';
import {
  withoutAnnotations,
  parseDescriptor,
  stringEntries,
  type Descriptor,
} from './descriptor.js';
import { isObject, parseJsonObject, type JsonObject } from './json.js';
import type { Limits } from './limits.js';
import { isImageConfigType, isImageType, isIndexType, MediaType } from './media-types.js';

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

/** A parsed manifest; `kind` is the discriminant. */
export type Manifest = ImageManifest | ImageIndex;

/**
 * Parses a manifest or an index of OCI or Docker.
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
      `manifest: expected ${mediaType} as in its descriptor, got ${document['mediaType']}`,
    );
  }
  if (isIndexType(mediaType)) return parseIndex(document);
  if (isImageType(mediaType)) return parseImage(document);
  throw new ImageError(
    'UNSUPPORTED',
    `manifest: expected the media type of a manifest, got ${JSON.stringify(mediaType)}`,
  );
}

/** BuildKit's annotation of an attestation in an index: the digest of the manifest that it describes. */
export const ATTESTS = 'vnd.docker.reference.digest';

/** The content that a manifest references, in the order to upload it before the manifest. */
export function children(manifest: Manifest): readonly Descriptor[] {
  return manifest.kind === 'index' ? manifest.manifests : [...manifest.layers, manifest.config];
}

/**
 * The type of an artifact: its own, else that of its config (OCI image spec 1.1, manifest.md § Guidelines for Artifact
 * Usage); undefined if the config is that of an image.
 */
export function artifactTypeOf(manifest: Manifest): string | undefined {
  const type = typeOf(manifest);
  return type === undefined || isImageConfigType(type) ? undefined : type;
}

/** The entry of a manifest in a list of referrers, with its type and annotations (distribution spec 1.1 § Listing Referrers). */
export function referrerOf(
  descriptor: Descriptor,
  manifest: Manifest,
  bytes: Uint8Array,
): Descriptor {
  const { annotations } = parseJsonObject(bytes, 'manifest');
  const artifactType = typeOf(manifest);
  return {
    ...withoutAnnotations(descriptor),
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(isObject(annotations) ? { annotations: stringEntries(annotations) } : {}),
  };
}

function typeOf(manifest: Manifest): string | undefined {
  return (
    manifest.artifactType ?? (manifest.kind === 'image' ? manifest.config.mediaType : undefined)
  );
}

/** Writes a manifest as canonical bytes: fixed key order, no white space. */
export function formatManifest(config: Descriptor, layers: readonly Descriptor[]): Uint8Array {
  return Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: MediaType.manifest, config, layers }),
  );
}

/** Writes an image index as canonical bytes; the parseDescriptors carry the platforms. */
export function formatIndex(manifests: readonly Descriptor[]): Uint8Array {
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MediaType.index, manifests }));
}

function parseIndex(document: JsonObject): ImageIndex {
  return {
    kind: 'index',
    manifests: parseDescriptors(document, 'manifests'),
    ...optionalFields(document),
  };
}

function parseImage(document: JsonObject): ImageManifest {
  const config = parseDescriptor(document['config'], 'manifest config');
  return {
    kind: 'image',
    config,
    layers: parseDescriptors(document, 'layers'),
    ...optionalFields(document),
  };
}

function parseDescriptors(document: JsonObject, key: 'manifests' | 'layers'): Descriptor[] {
  const list = document[key];
  if (!Array.isArray(list)) {
    throw new ImageError(
      'INVALID',
      `manifest ${key}: expected a list, got ${JSON.stringify(list) ?? 'nothing'}`,
    );
  }
  return list.map((each, at) => parseDescriptor(each, `manifest ${key}[${at}]`));
}

function optionalFields(document: JsonObject): Pick<Manifest, 'artifactType' | 'subject'> {
  const { artifactType, subject } = document;
  return {
    ...(typeof artifactType === 'string' ? { artifactType } : {}),
    ...(subject === undefined || subject === null
      ? {}
      : { subject: parseDescriptor(subject, 'manifest subject') }),
  };
}
