import { ImageError } from '../errors.js';
import { attachByAnnotation, type Attachment } from './attachments.js';
import { withoutAnnotations, parseDescriptor, type Descriptor } from './descriptor.js';
import { parseDigest, type Digest } from './digest.js';
import { parseJsonObject } from './json.js';
import { DEFAULT_LIMITS, type Limits } from './limits.js';
import { MediaType } from './media-types.js';
import { canonicalReference, parseReference } from './reference.js';

/** Files of an OCI image layout: OCI image spec 1.1, image-layout.md. */
export const LAYOUT_FILE = 'oci-layout';
export const INDEX_FILE = 'index.json';
export const LAYOUT_CONTENT = Buffer.from('{"imageLayoutVersion":"1.0.0"}');

/** Annotations that name an image in an index: OCI's (annotations.md) and containerd's. */
export const Annotation = {
  refName: 'org.opencontainers.image.ref.name',
  containerdName: 'io.containerd.image.name',
} as const;

/** A name as it is written in an archive or a layout, and the field it is in. */
export interface EmbeddedName {
  readonly field: 'org.opencontainers.image.ref.name' | 'io.containerd.image.name' | 'RepoTags';
  readonly text: string;
}

/** An image of a source, and its name. */
export interface NamedDescriptor {
  readonly descriptor: Descriptor;
  /** Fully qualified; absent when the image has no tryCanonical name. */
  readonly reference?: string;
  /**
   * The field that the name came from. Without `reference`, its text is not a complete reference, for example only a
   * tag.
   */
  readonly embedded?: EmbeddedName;
  /** For a signature, an attestation or an SBOM that the annotation `kind` tells apart: what it refers to. */
  readonly attached?: Attachment;
  /** The index that the image was taken out of, because its other platforms are absent or unwanted. */
  readonly index?: Digest;
}

/** Options for reading names and manifests of an archive or a layout. */
export interface NamingOptions {
  /** Limits for its content; safe defaults when omitted. */
  readonly limits?: Limits | undefined;
  /** Repository for images whose name is only a tag. */
  readonly repository?: string | undefined;
}

/** The path of a blob in a layout. @throws ImageError INVALID */
export function blobPath(digest: Digest): string {
  return `blobs/${parseDigest(digest).replace(':', '/')}`;
}

/** Reads the top index of a layout. @throws ImageError INVALID, TOO_LARGE */
export function parseLayoutIndex(
  bytes: Uint8Array,
  options: NamingOptions = {},
): NamedDescriptor[] {
  const { manifests } = parseJsonObject(bytes, INDEX_FILE, options.limits ?? DEFAULT_LIMITS);
  if (manifests === null || manifests === undefined) return [];
  if (!Array.isArray(manifests))
    throw new ImageError('INVALID', `${INDEX_FILE}: manifests is not a list`);
  return attachByAnnotation(
    manifests.map((each, at): NamedDescriptor => {
      const descriptor = parseDescriptor(each, `${INDEX_FILE} manifests[${at}]`);
      return { descriptor, ...nameOf(descriptor, options) };
    }),
  );
}

/**
 * Writes the top index of a layout, one entry for each name, with OCI's and containerd's annotation. Other annotations
 * of the source are left out, so equal images give equal bytes from every source.
 */
export function formatLayoutIndex(images: readonly NamedDescriptor[]): Uint8Array {
  const manifests = images.map(({ descriptor, reference }) => {
    if (reference === undefined) return withoutAnnotations(descriptor);
    const { tag } = parseReference(reference);
    const names = {
      [Annotation.containerdName]: reference,
      ...(tag === undefined ? {} : { [Annotation.refName]: tag }),
    };
    return { ...withoutAnnotations(descriptor), annotations: names };
  });
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MediaType.index, manifests }));
}

/**
 * Adds images to the top index of a layout, or creates one. Entries of other images stay unchanged; a name moves to the
 * image that has it now.
 *
 * @throws ImageError INVALID (`before` is not an index), TOO_LARGE
 */
export function mergeLayoutIndex(
  before: Uint8Array | undefined,
  images: readonly NamedDescriptor[],
): Uint8Array {
  if (!before) return formatLayoutIndex(images);
  const index = parseJsonObject(before, INDEX_FILE);
  const old = Array.isArray(index['manifests']) ? (index['manifests'] as unknown[]) : [];
  const names = new Set(images.map(({ reference }) => reference));
  const digests = new Set<string>(images.map(({ descriptor }) => descriptor.digest));
  const kept = old.filter((each) => {
    const descriptor = parseDescriptor(each, INDEX_FILE);
    const { reference } = nameOf(descriptor);
    return reference === undefined ? !digests.has(descriptor.digest) : !names.has(reference);
  });
  const added = parseJsonObject(formatLayoutIndex(images), INDEX_FILE)['manifests'];
  const manifests = [...kept, ...(Array.isArray(added) ? (added as unknown[]) : [])];
  return Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: MediaType.index, ...index, manifests }),
  );
}

/**
 * The name in an index entry: containerd's annotation, else `ref.name` when it is a full name. A `ref.name` that is only
 * a tag (`v1`) becomes a name with the option `repository`.
 */
function nameOf(
  { annotations = {} }: Descriptor,
  { repository }: NamingOptions = {},
): Pick<NamedDescriptor, 'reference' | 'embedded'> {
  const found = [Annotation.containerdName, Annotation.refName].flatMap((field): EmbeddedName[] => {
    const text = annotations[field];
    return text === undefined || text === '' ? [] : [{ field, text }];
  });
  for (const embedded of found) {
    const isTag = embedded.field === Annotation.refName && !/[:/@]/.test(embedded.text);
    if (isTag && repository === undefined) continue;
    const reference = tryCanonical(isTag ? `${repository}:${embedded.text}` : embedded.text);
    if (reference !== undefined) return { reference, embedded };
  }
  return found[0] ? { embedded: found[0] } : {};
}

/** One entry for each name in `RepoTags`, or an empty one; an invalid name has no `reference`. */
export function namesFrom(
  repoTags: readonly string[],
): Pick<NamedDescriptor, 'reference' | 'embedded'>[] {
  if (repoTags.length === 0) return [{}];
  return repoTags.map((text) => {
    const reference = tryCanonical(text);
    const embedded: EmbeddedName = { field: 'RepoTags', text };
    return reference === undefined ? { embedded } : { reference, embedded };
  });
}

/** Undefined for an invalid name; the image can still be reached by its digest. */
function tryCanonical(text: string): string | undefined {
  try {
    return canonicalReference(text);
  } catch {
    return undefined;
  }
}
