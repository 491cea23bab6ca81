import { statIfThere } from '../../disk/allocated.js';
import type { Digest } from '../../oci/digest.js';
import type { StoredManifest } from '../hosted.js';
import { blobLink, digestOfLink, linkFolder, manifestLink } from './registry-paths.js';
import { repositoriesIn, tagsIn } from './list-repositories.js';
import { RegistryStore } from './registry-store.js';
import { namesIn } from '../../disk/if-there.js';

/** What somebody pushed as one: a manifest that no other names, or that has a tag. */
export interface StoredImage {
  readonly repository: string;
  readonly digest: Digest;
  readonly tags: readonly string[];
  /** Itself first, all that it needs, and what refers to it. */
  readonly contents: ReadonlySet<Digest>;
  /** ms since 1970. */
  readonly created: number;
  /** When any of its manifests was last asked for, in ms since 1970. */
  readonly lastUsed: number;
}

/** Every image of a registry's folder. */
export async function* storedImages(root: string): AsyncIterable<StoredImage> {
  const store = new RegistryStore(root);
  for (const { name } of await repositoriesIn(root)) {
    const repository = await readRepository(store, root, name);
    for (const digest of topsOf(repository)) {
      const { manifests, contents } = reachedFrom(digest, repository);
      const used = [...manifests].map((each) => modifiedAt(blobLink(root, name, each)));
      yield {
        repository: name,
        digest,
        tags: repository.tags.get(digest) ?? [],
        contents,
        created: await modifiedAt(manifestLink(root, name, digest)),
        lastUsed: Math.max(...(await Promise.all(used))),
      };
    }
  }
}

/**
 * Forgets the platforms and referrers of images that are gone: manifests without a tag that nothing names any more.
 *
 * @param before what was asked for since (ms since 1970) stays.
 */
export async function forgetParts(
  root: string,
  gone: ReadonlyMap<string, ReadonlySet<Digest>>,
  before: number,
): Promise<void> {
  const store = new RegistryStore(root);
  for (const [name, parts] of gone) {
    // What a part named is a part, too, and nothing names it once that is gone.
    for (let removed = -1; removed !== 0; ) {
      removed = 0;
      const repository = await readRepository(store, root, name);
      for (const digest of topsOf(repository)) {
        // A platform with a tag of its own is an image.
        if (!parts.has(digest) || repository.tags.has(digest)) continue;
        const isOld = (await modifiedAt(blobLink(root, name, digest))) < before;
        if (isOld && (await store.removeManifest(name, digest))) removed++;
      }
    }
  }
}

interface RepositoryContent {
  readonly manifests: ReadonlyMap<Digest, StoredManifest>;
  readonly tags: ReadonlyMap<Digest, readonly string[]>;
  readonly referrers: ReadonlyMap<Digest, readonly Digest[]>;
}

async function readRepository(
  store: RegistryStore,
  root: string,
  name: string,
): Promise<RepositoryContent> {
  const manifests = new Map<Digest, StoredManifest>();
  const referrers = new Map<Digest, Digest[]>();
  for (const file of await namesIn(root, linkFolder(root, name, '_manifests'))) {
    const digest = digestOfLink(file);
    const manifest = digest && (await store.readLink(name, digest));
    if (!manifest) continue;
    manifests.set(digest, manifest);
    if (manifest.subject)
      referrers.set(manifest.subject, [...(referrers.get(manifest.subject) ?? []), digest]);
  }
  const tags = new Map<Digest, string[]>();
  for (const tag of await tagsIn(root, name)) {
    const named = await store.tagged(name, tag);
    if (named) tags.set(named.digest, [...(tags.get(named.digest) ?? []), tag]);
  }
  return { manifests, tags, referrers };
}

function topsOf({ manifests, tags }: RepositoryContent): Digest[] {
  const named = new Set([...manifests.values()].flatMap(({ children }) => children));
  return [...manifests.values()].flatMap(({ descriptor: { digest }, subject }) => {
    const isPart = named.has(digest) || (subject !== undefined && manifests.has(subject));
    return isPart && !tags.has(digest) ? [] : [digest];
  });
}

function reachedFrom(top: Digest, { manifests, referrers }: RepositoryContent) {
  const reached = new Set<Digest>();
  const contents = new Set<Digest>();
  const waiting = [top];
  for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
    contents.add(digest);
    const manifest = manifests.get(digest);
    if (!manifest || reached.has(digest)) continue;
    reached.add(digest);
    waiting.push(...manifest.children, ...(referrers.get(digest) ?? []));
  }
  return { manifests: reached, contents };
}

async function modifiedAt(path: string): Promise<number> {
  return (await statIfThere(path))?.mtimeMs ?? 0;
}
