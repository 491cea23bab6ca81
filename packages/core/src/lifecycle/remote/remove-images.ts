import type { Repository } from '../../distribution/repository.js';
import { ImageError, shortList } from '../../errors.js';
import type { Digest } from '../../oci/digest.js';
import { formatReference, splitReference, type Reference } from '../../oci/reference.js';
import { forEachOf } from '../../transfer/for-each-of.js';
import type { CallOptions } from '../../transfer/store.js';
import { option, wording } from '../../wording.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Workspace } from '../workspace/workspace.js';
import { RegistryClients } from './registry-clients.js';
import { parseRemoteImage } from './registry-image.js';

/** Options for deleting images from registries. */
export interface RemoveOptions extends VerbOptions {
  /** Also delete the other tags of an image that can only be deleted with all its tags. */
  readonly allTags?: boolean | undefined;
}

/** A tag or a manifest that was deleted, or would be. */
export interface RemovedImage {
  /** `HOST[:PORT]/REPOSITORY:TAG`, or with `@DIGEST`. */
  readonly reference: string;
  readonly digest: Digest;
  /** Tags of the same manifest that were not named and are deleted with it. Unknown, so empty, in a dry run of a tag. */
  readonly alsoTags: readonly string[];
}

/** Number of tags that are looked up at once. */
const CONCURRENCY = 8;

/**
 * Deletes tags and manifests from registries. A tag is deleted alone, where the registry can; elsewhere (docker-registry) its
 * manifest is, and a manifest goes with all its tags. If others than those that were named would go, nothing of that image
 * is deleted unless `allTags` is set. Content that no manifest references is freed by the registry's own garbage collection.
 *
 * All images are looked up first: if one does not exist, nothing is deleted.
 *
 * @param references images by tag or digest; never by neither, which would mean the tag `latest`.
 * @throws ImageError USAGE, NOT_FOUND, CONFLICT (other tags would go, too), UNSUPPORTED (the registry deletes nothing), DENIED,
 *   UNAUTHORIZED, UNAVAILABLE
 */
export async function removeImages(
  workspace: Workspace,
  references: readonly string[],
  options: RemoveOptions,
): Promise<RemovedImage[]> {
  const wanted = references.map(parseNamed);
  await using clients = new RegistryClients(workspace, options);
  const targets: Target[] = [];
  const missing: string[] = [];
  for (const image of wanted) {
    const repository = await clients.repository(image);
    const found = await repository.head(image.digest ?? image.tag ?? '', options);
    if (found) targets.push({ image, repository, digest: found.digest });
    else missing.push(formatReference(image));
  }
  if (missing.length > 0)
    throw new ImageError('NOT_FOUND', `no such image: ${shortList(missing)}`, {
      hint: 'Nothing was deleted.',
    });
  const results: RemovedImage[] = [];
  for (const target of targets) results.push(await remove(target, wanted, options));
  return results;
}

interface Target {
  readonly image: Reference;
  readonly repository: Repository;
  readonly digest: Digest;
}

/** Deletes one image; `named` are all references that are to go. @throws ImageError CONFLICT */
async function remove(
  { image, repository, digest }: Target,
  named: readonly Reference[],
  options: RemoveOptions,
): Promise<RemovedImage> {
  const reference = formatReference(image);
  const own = new Set(
    named.flatMap((each) =>
      each.registry === image.registry && each.repository === image.repository && each.tag
        ? [each.tag]
        : [],
    ),
  );
  let alsoTags: readonly string[] = [];
  const mayDelete = async (found: Digest): Promise<boolean> => {
    alsoTags = await otherTags(repository, found, { own, signal: options.signal });
    if (alsoTags.length > 0 && !options.allTags) throw severalTags(reference, found, alsoTags);
    return true;
  };
  if (image.digest !== undefined) {
    await mayDelete(digest);
    if (!options.dryRun) await repository.remove(digest, options);
  } else if (image.tag !== undefined && !options.dryRun)
    await repository.untag(image.tag, mayDelete, options);
  return { reference, digest, alsoTags };
}

/** The tags of a manifest besides `own`. */
async function otherTags(
  repository: Repository,
  digest: Digest,
  { own, signal }: CallOptions & { readonly own: ReadonlySet<string> },
): Promise<readonly string[]> {
  const tags: string[] = [];
  for await (const tag of repository.tags({ signal })) if (!own.has(tag)) tags.push(tag);
  const same = new Set<string>();
  await forEachOf(tags, { concurrency: CONCURRENCY, signal }, async (tag, stop) => {
    const found = await repository.head(tag, { signal: stop });
    if (found?.digest === digest) same.add(tag);
  });
  return [...same].sort();
}

function severalTags(reference: string, digest: Digest, tags: readonly string[]): ImageError {
  return new ImageError(
    'CONFLICT',
    `${reference}: other tags of ${digest} would be deleted, too: ${shortList(tags)}`,
    {
      location: reference,
      hint: wording`Name them as well, or give ${option('allTags')}. A manifest is deleted with all its tags.`,
    },
  );
}

/** Parses an image by tag or by digest. @throws ImageError USAGE (neither, or both) */
function parseNamed(text: string): Reference {
  const { reference, parsed } = parseRemoteImage(text);
  const { tag, digest } = splitReference(reference);
  if ((tag === undefined) !== (digest === undefined)) return parsed;
  throw new ImageError(
    'USAGE',
    `${text}: give a tag or a digest to delete, ${tag === undefined ? 'as in REPOSITORY:TAG' : 'not both'}`,
  );
}
