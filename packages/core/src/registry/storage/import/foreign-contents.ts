import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ignoreMissing, readFolder, readIfExists } from '../../../disk/if-there.js';
import { inside } from '../../../disk/paths/inside.js';
import { ImageError } from '../../../errors.js';
import { hexOf, isDigest, type Digest } from '../../../oci/digest.js';
import { blobPath, INDEX_FILE, parseLayoutIndex } from '../../../oci/layout.js';
import { isRepository, isTag, parseReference } from '../../../oci/reference.js';
import { DISTRIBUTION_FOLDER, foreignLayoutOf, layoutsBelow } from './foreign-registry.js';

/** A repository in the folder of another program. */
export interface ForeignRepository {
  readonly name: string;
  /** The manifest of each tag. */
  readonly tags: ReadonlyMap<string, Digest>;
  /** All manifests, those of tags included; the ones that they reference may be missing. */
  readonly manifests: ReadonlySet<Digest>;
  /** The file of a blob. */
  readonly blobFile: (digest: Digest) => string;
}

/**
 * The repositories in the folder of docker-registry, of zot, or in an OCI layout (whose images without a complete name are
 * in a repository called like the folder).
 *
 * @throws ImageError NOT_FOUND, INVALID
 */
export async function* foreignRepositories(
  folder: string,
): AsyncGenerator<ForeignRepository, void, void> {
  const layout = await foreignLayoutOf(folder);
  if (layout === undefined)
    throw new ImageError(
      'NOT_FOUND',
      `${folder}: neither the folder of docker-registry or zot, nor an OCI layout`,
      { location: folder },
    );
  if (layout === 'docker-registry')
    yield* distributionRepositories(join(folder, DISTRIBUTION_FOLDER));
  else if (layout === 'an OCI layout') yield* repositoriesOfLayout(folder);
  else
    for await (const path of layoutsBelow(folder))
      if (isRepository(path)) yield layoutRepository(join(folder, path), path);
}

async function* distributionRepositories(root: string): AsyncGenerator<ForeignRepository> {
  const repositories = join(root, 'repositories');
  const blobFile = (digest: Digest): string => {
    const hex = hexOf(digest);
    return inside(
      root,
      'blobs',
      digest.slice(0, digest.indexOf(':')),
      hex.slice(0, 2),
      hex,
      'data',
    );
  };
  const waiting = [''];
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    const folder = join(repositories, path);
    for (const entry of await readFolder(folder))
      if (entry.isDirectory() && !entry.name.startsWith('_'))
        waiting.push(path === '' ? entry.name : `${path}/${entry.name}`);
    if (!isRepository(path)) continue;
    const revisions = join(folder, '_manifests/revisions');
    const manifests = new Set<Digest>();
    for (const algorithm of await namesOf(revisions))
      for (const hex of await namesOf(join(revisions, algorithm))) {
        // A deleted manifest leaves its folder without the link.
        const digest = linkIn(join(revisions, algorithm, hex));
        if (digest) manifests.add(digest);
      }
    const tags = new Map<string, Digest>();
    for (const tag of await namesOf(join(folder, '_manifests/tags'))) {
      const digest = isTag(tag)
        ? linkIn(join(folder, '_manifests/tags', tag, 'current'))
        : undefined;
      if (digest && manifests.has(digest)) tags.set(tag, digest);
    }
    if (manifests.size > 0) yield { name: path, tags, manifests, blobFile };
  }
}

function linkIn(folder: string): Digest | undefined {
  const text = readIfExists(join(folder, 'link'))?.toString().trim();
  return isDigest(text) ? text : undefined;
}

async function namesOf(folder: string): Promise<string[]> {
  return (await ignoreMissing(() => readdir(folder))) ?? [];
}

/** zot: the index of each layout names tags. */
function layoutRepository(folder: string, name: string): ForeignRepository {
  const tags = new Map<string, Digest>();
  const manifests = new Set<Digest>();
  for (const { descriptor, embedded } of imagesOf(folder)) {
    manifests.add(descriptor.digest);
    if (embedded && isTag(embedded.text)) tags.set(embedded.text, descriptor.digest);
  }
  return { name, tags, manifests, blobFile: (digest) => inside(folder, blobPath(digest)) };
}

/** One layout may have images of several repositories. */
function* repositoriesOfLayout(folder: string): Generator<ForeignRepository> {
  const own = basename(folder).toLowerCase();
  const names = new Map<string, { tags: Map<string, Digest>; manifests: Set<Digest> }>();
  for (const { descriptor, reference, embedded } of imagesOf(folder)) {
    const parsed = reference === undefined ? undefined : parseReference(reference);
    const name = parsed?.repository ?? (isRepository(own) ? own : 'image');
    const tag = parsed?.tag ?? (embedded && isTag(embedded.text) ? embedded.text : undefined);
    const repository = names.get(name) ?? { tags: new Map(), manifests: new Set() };
    names.set(name, repository);
    repository.manifests.add(descriptor.digest);
    if (tag !== undefined) repository.tags.set(tag, descriptor.digest);
  }
  const blobFile = (digest: Digest): string => inside(folder, blobPath(digest));
  for (const [name, repository] of names) yield { name, ...repository, blobFile };
}

function imagesOf(folder: string) {
  const bytes = readIfExists(join(folder, INDEX_FILE));
  return bytes ? parseLayoutIndex(bytes) : [];
}
