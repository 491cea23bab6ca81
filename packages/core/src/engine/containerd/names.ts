import { isDigest, parseDigest, type Digest } from '../../oci/digest.js';
import { canonicalReference, formatReference, parseReference } from '../../oci/reference.js';
import type { CallOptions } from '../../transfer/store.js';
import type { Ctr } from './ctr.js';

/** A name of containerd, and the manifest or index that it names. */
export interface Named {
  readonly name: string;
  readonly mediaType: string;
  readonly digest: Digest;
}

/** All names of a namespace of containerd. */
export async function listNames(ctr: Ctr, options?: CallOptions): Promise<Named[]> {
  const lines = (await ctr.text(['images', 'list'], options)).split('\n').slice(1);
  return lines.flatMap((line) => {
    const [name, mediaType, digest] = line.split(/\s+/);
    // A name with a leading dash is no reference, and `ctr` would take it as an option.
    if (!name || name.startsWith('-')) return [];
    return mediaType && isDigest(digest) ? [{ name, mediaType, digest }] : [];
  });
}

/** `NAME@DIGEST`, or the config's digest alone, which the kubelet's interface of containerd (CRI) adds to each image. */
export function isByDigest(name: string): boolean {
  return name.includes('@') || isDigest(name);
}

/** The digest of a name; a digest is returned as it is. */
export function digestOf(image: string, names: readonly Named[]): Digest | undefined {
  if (isDigest(image)) return parseDigest(image);
  const reference = canonicalReference(image);
  return names.find(({ name }) => name === reference)?.digest;
}

/** `REPOSITORY@DIGEST` for a reference by tag. */
export function digestReference(reference: string, digest: Digest): string {
  const { registry, repository } = parseReference(reference);
  return formatReference({ registry, repository, digest });
}
