import { ImageError } from '../../errors.js';
import type { Digest } from '../../oci/digest.js';
import { formatReference, isTag, splitReference, type Reference } from '../../oci/reference.js';
import { readContent } from '../../transfer/verified.js';
import { verb, wording } from '../../wording.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Workspace } from '../workspace/workspace.js';
import { RegistryClients } from './registry-clients.js';
import { parseRemoteImage } from './registry-image.js';

/** A tag that names an image now. */
export interface TaggedImage {
  /** `HOST[:PORT]/REPOSITORY:TAG`. */
  readonly reference: string;
  readonly digest: Digest;
}

/**
 * Gives an image of a registry further tags: its manifest is read, and written under each tag. No layer moves, and the digest
 * stays. A tag that names another image is moved.
 *
 * @param source an image by tag or digest.
 * @param names tags, or references to the same repository with a tag.
 * @throws ImageError USAGE (another repository), NOT_FOUND, UNAUTHORIZED, DENIED, CONFLICT (an immutable tag), UNAVAILABLE
 */
export async function tagImage(
  workspace: Workspace,
  source: string,
  names: readonly string[],
  options: VerbOptions,
): Promise<TaggedImage[]> {
  const { reference, parsed } = parseRemoteImage(source);
  const { registry, repository } = parsed;
  const tags = names.map((name) => tagIn(name, parsed));
  await using clients = new RegistryClients(workspace, options);
  const opened = await clients.repository(parsed);
  const { descriptor } = await opened.resolve(reference, options);
  const bytes = await readContent(opened, descriptor, options);
  const results: TaggedImage[] = [];
  for (const tag of tags) {
    if (!options.dryRun) await opened.put(tag, { type: descriptor.mediaType, bytes }, options);
    results.push({
      reference: formatReference({ registry, repository, tag }),
      digest: descriptor.digest,
    });
  }
  return results;
}

/** The tag that a name means in the repository of an image. @throws ImageError USAGE */
function tagIn(name: string, { registry, repository }: Reference): string {
  if (isTag(name)) return name;
  const { reference, parsed } = parseRemoteImage(name);
  const { tag, digest } = splitReference(reference);
  const isHere = parsed.registry === registry && parsed.repository === repository;
  if (isHere && tag !== undefined && digest === undefined) return tag;
  throw new ImageError(
    'USAGE',
    `${name}: ${isHere ? 'no tag' : 'another repository'}; give a tag, or ${registry}/${repository}:TAG`,
    isHere ? {} : { hint: wording`${verb('copyImages')} copies to another repository.` },
  );
}
