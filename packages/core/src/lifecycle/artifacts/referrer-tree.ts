import type { Repository } from '../../distribution/repository.js';
import { tooLarge } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { parseManifest } from '../../oci/manifest.js';
import { isIndexType } from '../../oci/media-types.js';
import { formatPlatform } from '../../oci/platform.js';
import { readContent } from '../../transfer/verified.js';
import { RegistryClients } from '../remote/registry-clients.js';
import { parseRemoteImage } from '../remote/registry-image.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Workspace } from '../workspace/workspace.js';

/** A manifest, and what belongs to it. */
export interface TreeNode {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Type of an artifact such as a signature or an SBOM; null for an image, and where the registry does not say. */
  readonly artifactType: string | null;
  /** As `linux/arm64`, where an index states it; else null. */
  readonly platform: string | null;
  /** cosign's tag, by which this manifest refers to the one above; null for the field `subject`. */
  readonly tag: string | null;
  /** Size of the manifest, in bytes. */
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
  /** The manifests of an index. */
  readonly manifests: readonly TreeNode[];
  /** Manifests that refer to this one: signatures, SBOMs, attestations. */
  readonly referrers: readonly TreeNode[];
}

/** An image with its referrers. */
export interface ReferrerTree extends TreeNode {
  /** The reference as it was given. */
  readonly reference: string;
}

/** Bounds of a tree: a registry could go on for ever. */
const MAX_NODES = 10_000;
const MAX_DEPTH = 32;
/** Suffixes of cosign's tags, `sha256-<hex>.sig`. */
const COSIGN = ['sig', 'att', 'sbom'];

/**
 * Finds the referrers of an image in a registry, of its platforms, and of these referrers in turn: by the referrers API or the
 * referrers tag (distribution spec 1.1 § Listing Referrers), and by cosign's tags. Descriptors are what the registry says of them;
 * only indexes are read.
 *
 * @throws ImageError USAGE, NOT_FOUND, INVALID, TOO_LARGE, UNAUTHORIZED, DENIED, UNAVAILABLE
 */
export async function referrerTree(
  workspace: Workspace,
  reference: string,
  options: VerbOptions,
): Promise<ReferrerTree> {
  const { reference: name, parsed } = parseRemoteImage(reference);
  await using clients = new RegistryClients(workspace, options);
  const repository = await clients.repository(parsed);
  const { descriptor } = await repository.resolve(name, options);
  const walker = { repository, options, left: MAX_NODES };
  return { reference, ...(await nodeOf(walker, descriptor, { depth: 0, tag: null })) };
}

interface Walker {
  readonly repository: Repository;
  readonly options: VerbOptions;
  /** Nodes that may still be added. */
  left: number;
}

interface Position {
  readonly depth: number;
  readonly tag: string | null;
  /** Whether it refers to another manifest; cosign gives images tags only. */
  readonly isReferrer?: boolean;
}

async function nodeOf(
  walker: Walker,
  descriptor: Descriptor,
  { depth, tag, isReferrer = false }: Position,
): Promise<TreeNode> {
  const { repository, options } = walker;
  const { digest, mediaType, artifactType, platform, size, annotations } = descriptor;
  if (walker.left-- === 0 || depth > MAX_DEPTH)
    throw tooLarge(
      `${repository.location}: more than ${MAX_NODES} referrers, or deeper than ${MAX_DEPTH}`,
      repository.location,
    );
  const below = { depth: depth + 1, tag: null };
  const manifests: TreeNode[] = [];
  if (isIndexType(mediaType))
    for (const child of await manifestsOf(repository, descriptor, options))
      manifests.push(await nodeOf(walker, child, { ...below, isReferrer }));
  const referrers: TreeNode[] = [];
  for await (const referrer of repository.referrers(descriptor, options))
    referrers.push(await nodeOf(walker, referrer, { ...below, isReferrer: true }));
  for (const suffix of isReferrer ? [] : COSIGN) {
    const name = `${digest.replace(':', '-')}.${suffix}`;
    const found = await repository.find(name, options);
    if (found)
      referrers.push(await nodeOf(walker, found, { ...below, tag: name, isReferrer: true }));
  }
  return {
    ...{ digest, mediaType, artifactType: artifactType ?? null },
    platform: platform ? formatPlatform(platform) : null,
    ...{ tag, size, annotations: annotations ?? {}, manifests, referrers },
  };
}

async function manifestsOf(
  repository: Repository,
  index: Descriptor,
  options: VerbOptions,
): Promise<readonly Descriptor[]> {
  const parsed = parseManifest(index.mediaType, await readContent(repository, index, options));
  return parsed.kind === 'index' ? parsed.manifests : [];
}
