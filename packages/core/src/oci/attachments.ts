import type { Descriptor } from './descriptor.js';
import { isDigest, type Digest } from './digest.js';
import { formatReference, isTag, parseReference } from './reference.js';

/** The image that a signature, an attestation or an SBOM refers to. */
export interface Attachment {
  /** Digest of the manifest that it refers to. */
  readonly subject: Digest;
  /** The tag under which cosign finds it in the repository of the subject; absent for referrers by the field `subject`. */
  readonly tag?: string;
}

interface Entry {
  readonly descriptor: Descriptor;
  readonly reference?: string;
  readonly embedded?: { readonly text: string };
}

/**
 * `cosign save` and hauler list an image, its signature, its attestation and its SBOM under one name. The annotation
 * `kind` tells them apart: `dev.cosignproject.cosign/image`, `…/imageIndex`, `…/sigs`, `…/atts`, `…/sboms`.
 */
const KIND = 'kind';
/** cosign's tags: `sha256-<hex of the subject>.sig`, `.att`, `.sbom`. */
const SUFFIXES: ReadonlyMap<string, string> = new Map([
  ['sigs', 'sig'],
  ['atts', 'att'],
  ['sboms', 'sbom'],
]);
const IMAGES: ReadonlySet<string> = new Set(['image', 'imageIndex']);
const TAG = /^(sha256)-([0-9a-f]{64})\.(?:sig|att|sbom)$/;

/** containerd's annotation of an attestation that is listed beside its image: the digest of the image. */
const CONTAINERD_SUBJECT = 'io.containerd.manifest.subject';

/** The image that an entry of an index is about, as `docker save --platform` of Docker 29 lists attestations. */
function attachmentByAnnotation({ annotations }: Descriptor): Attachment | undefined {
  const subject = annotations?.[CONTAINERD_SUBJECT];
  return isDigest(subject) ? { subject } : undefined;
}

/** The image that a name of cosign refers to: `<repository>:sha256-<hex>.sig`. */
export function attachmentByName(reference: string | undefined): Attachment | undefined {
  const tag = reference === undefined ? undefined : parseReference(reference).tag;
  const [, algorithm, hex] = TAG.exec(tag ?? '') ?? [];
  const subject = `${algorithm}:${hex}`;
  return tag !== undefined && isDigest(subject) ? { subject, tag } : undefined;
}

/** The name of an attachment beside its subject: `reference` with the attachment's tag. */
export function besideSubject(reference: string, tag: string): string {
  const { registry, repository } = parseReference(reference);
  return formatReference({ registry, repository, tag });
}

/**
 * Finds the entries of an index that are attached to an image: by containerd's annotation, or by the annotation `kind` to
 * the image of the same name. The latter get cosign's own tag in place of the name of their image, so every name stands
 * for one image.
 */
export function attachByAnnotation<T extends Entry>(
  entries: readonly T[],
): (Omit<T, 'reference'> & { readonly reference?: string; readonly attached?: Attachment })[] {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const group = groups.get(nameOf(entry)) ?? [];
    group.push(entry);
    groups.set(nameOf(entry), group);
  }
  const taken = new Set<string>();
  return entries.map((entry) => {
    const stated = attachmentByAnnotation(entry.descriptor);
    if (stated) return { ...entry, attached: stated };
    const suffix = SUFFIXES.get(kindOf(entry));
    const subject = suffix && subjectAmong(groups.get(nameOf(entry)) ?? []);
    if (!subject) return entry;
    const { reference, ...unnamed } = entry;
    const tag = `${subject.replace(':', '-')}.${suffix}`;
    const name = reference === undefined ? tag : besideSubject(reference, tag);
    // A tag stands for one manifest: further attachments of the same kind have no name.
    if (taken.has(name) || !isTag(tag)) return { ...unnamed, attached: { subject } };
    taken.add(name);
    return {
      ...unnamed,
      ...(reference === undefined ? {} : { reference: name }),
      attached: { subject, tag },
    };
  });
}

function nameOf({ reference, embedded }: Entry): string {
  return reference ?? embedded?.text ?? '';
}

function kindOf({ descriptor }: Entry): string {
  return /[^/]*$/.exec(descriptor.annotations?.[KIND] ?? '')?.[0] ?? '';
}

/** The image of one name: the entry whose kind says so, else the only one that is no attachment. */
function subjectAmong(group: readonly Entry[]): Digest | undefined {
  const images = group.filter((entry) => IMAGES.has(kindOf(entry)));
  const others = group.filter((entry) => !SUFFIXES.has(kindOf(entry)));
  const digests = new Set(
    (images.length > 0 ? images : others).map(({ descriptor }) => descriptor.digest),
  );
  const [subject] = digests;
  return digests.size === 1 ? subject : undefined;
}
