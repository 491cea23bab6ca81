import { isDigest, parseDigest, type Digest } from '../../oci/digest.js';
import { canonicalReference, formatReference, parseReference } from '../../oci/reference.js';
import type { CallOptions } from '../../transfer/store.js';
import type { EngineImage } from '../engine.js';
import type { Ctr } from './ctr.js';

/** A name of containerd, and the manifest or index that it names. */
export interface Named {
  readonly name: string;
  readonly mediaType: string;
  readonly digest: Digest;
  /** Whether its label keeps a kubelet from removing it. */
  readonly isPinned: boolean;
}

/** The label of a name that kubelets must not remove. Source: `internal/cri/labels` of containerd 2.1. */
const PIN_LABEL = 'io.cri-containerd.pinned';

/** The label with its value, in the last column, where commas separate labels. */
const PINNED = /[\s,]io\.cri-containerd\.pinned=pinned(?:,|\s*$)/;

/** All names of a namespace of containerd. */
export async function listNames(ctr: Ctr, options?: CallOptions): Promise<Named[]> {
  const lines = (await ctr.text(['images', 'list'], options)).split('\n').slice(1);
  return lines.flatMap((line) => {
    const [name, mediaType, digest] = line.split(/\s+/);
    // A name with a leading dash is no reference, and `ctr` would take it as an option.
    if (!name || name.startsWith('-')) return [];
    return mediaType && isDigest(digest)
      ? [{ name, mediaType, digest, isPinned: PINNED.test(line) }]
      : [];
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

/** The part of an image's description that its names tell. */
export function describeNames(
  id: Digest,
  names: readonly Named[],
): Omit<EngineImage, 'id' | 'size'> {
  const named = names.filter(({ digest }) => digest === id);
  const own = named.map(({ name }) => name);
  const references = own.filter((name) => !isByDigest(name));
  const untagged = own.filter((name) => !isDigest(name));
  const withoutDigest = references.filter((name) => !own.includes(digestReference(name, id)));
  return {
    references,
    ...(references.length === 0 ? { untagged } : {}),
    ...(withoutDigest.length > 0 ? { withoutDigest } : {}),
    ...(named.some(({ isPinned }) => isPinned) ? { pinnedBy: PIN_LABEL } : {}),
    digests: own.some((name) => name.includes('@')) ? [id] : [],
  };
}

/**
 * The images that containers may use. A container has the name that its image had at the start. Its tag may name a newer
 * image now: an older image of the repository, which has only its name by digest left, may be the one in use.
 *
 * @param images the name of each container's image.
 */
export function digestsInUse(
  images: readonly string[],
  names: readonly Named[],
): ReadonlySet<Digest> {
  const used = new Set(images);
  const repositories = new Set(images.filter((name) => !isByDigest(name)).map(repositoryOf));
  const tagged = new Set(
    names.map(({ name, digest }) => (isByDigest(name) ? '' : `${repositoryOf(name)}@${digest}`)),
  );
  const mayBeUsed = (name: string) =>
    used.has(name) ||
    (name.includes('@') && !tagged.has(name) && repositories.has(repositoryOf(name)));
  return new Set(names.flatMap(({ name, digest }) => (mayBeUsed(name) ? [digest] : [])));
}

/** `REGISTRY/REPOSITORY` of a name by tag or by digest. */
function repositoryOf(name: string): string {
  return name.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
}

/**
 * Gives an image another name, unless it has it. A pin belongs to a name: it is not copied, and stays when the name is
 * given to another image.
 *
 * @param naming.names all names of the namespace.
 */
export async function giveName(
  ctr: Ctr,
  naming: { readonly from: Named; readonly to: string; readonly names: readonly Named[] },
  options?: CallOptions,
): Promise<void> {
  const { from, to, names } = naming;
  const before = names.find(({ name }) => name === to);
  if (before?.digest === from.digest) return;
  await ctr.text(['images', 'tag', '--force', from.name, to], options);
  const isPinned = before?.isPinned ?? false;
  // `ctr` gives the new name the labels of the other one; a label without a value is removed.
  if (isPinned !== from.isPinned)
    await ctr.text(['images', 'label', to, `${PIN_LABEL}=${isPinned ? 'pinned' : ''}`], options);
}
