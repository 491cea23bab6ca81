import { statIfExists } from '../../disk/allocated.js';
import type { Digest } from '../../oci/digest.js';
import type { StoredManifest } from '../hosted.js';
import { blobLink, digestOfLink, linkFolder, manifestLink } from './registry-paths.js';
import { repositoriesIn, tagsIn } from './list-repositories.js';
import { RegistryStore } from './registry-store.js';
import { namesIn } from '../../disk/if-there.js';

/** An image as users see it: a manifest with a tag, or one that is neither a child nor a referrer of another manifest. */
export interface StoredImage {
  readonly repository: string;
  readonly digest: Digest;
  readonly tags: readonly string[];
  /** The image itself first, then everything that it references, and its referrers. */
  readonly contents: ReadonlySet<Digest>;
  /** When it was pushed, in ms since 1970. */
  readonly created: number;
  /** When any of its manifests was last marked as in use, in ms since 1970. */
  readonly lastUsed: number;
}

/** Lists every image of a registry's folder. */
export async function* storedImages(root: string): AsyncIterable<StoredImage> {
  const store = new RegistryStore(root);
  for (const { name } of await repositoriesIn(root)) {
    const repository = await readRepository(store, root, name);
    for (const digest of imagesOf(repository)) {
      const { manifests, contents } = reachFrom(digest, repository);
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
 * Removes the platform manifests and referrers of deleted images, if they have no tag and no manifest references them.
 *
 * @param gone the contents of deleted images, by repository.
 * @param before manifests marked as in use at or after this time (ms since 1970) are kept.
 */
export async function removeParts(
  root: string,
  gone: ReadonlyMap<string, ReadonlySet<Digest>>,
  before: number,
): Promise<void> {
  const store = new RegistryStore(root);
  for (const [name, parts] of gone) {
    // Repeat: removing a manifest can leave its own children unreferenced.
    for (let removed = -1; removed !== 0; ) {
      removed = 0;
      const repository = await readRepository(store, root, name);
      for (const digest of imagesOf(repository)) {
        // A platform manifest with its own tag is an image.
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
    if (manifest.subject) addTo(referrers, manifest.subject, digest);
  }
  const tags = new Map<Digest, string[]>();
  for (const tag of await tagsIn(root, name)) {
    const named = await store.tagged(name, tag);
    if (named) addTo(tags, named.digest, tag);
  }
  return { manifests, tags, referrers };
}

function addTo<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const known = lists.get(key);
  if (known) known.push(value);
  else lists.set(key, [value]);
}

function imagesOf({ manifests, tags }: RepositoryContent): Digest[] {
  const named = new Set([...manifests.values()].flatMap(({ children }) => children));
  return [...manifests.values()].flatMap(({ descriptor: { digest }, subject }) => {
    const isPart = named.has(digest) || (subject !== undefined && manifests.has(subject));
    return isPart && !tags.has(digest) ? [] : [digest];
  });
}

function reachFrom(top: Digest, { manifests, referrers }: RepositoryContent) {
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
  return (await statIfExists(path))?.mtimeMs ?? 0;
}
