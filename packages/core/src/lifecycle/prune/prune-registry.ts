import { allocatedBytes, statIfExists } from '../../disk/allocated.js';
import { fileSystemOf } from '../../disk/free-space.js';
import { parseName } from '../../definition/name.js';
import { parseDigest, type Digest } from '../../oci/digest.js';
import { matchesAny } from '../../policy/wildcards.js';
import type { Content } from '../../policy/prune-model.js';
import { collectGarbage } from '../../registry/storage/collect-registry.js';
import {
  removeParts,
  storedImages,
  type StoredImage,
} from '../../registry/storage/stored-images.js';
import { RegistryStore } from '../../registry/storage/registry-store.js';
import { blobFile } from '../../store/paths.js';
import type { CallOptions } from '../../transfer/store.js';
import { parseDuration } from '../workspace/units.js';
import { REGISTRY_GRACE, UPLOAD_GRACE } from '../maintain/maintain-registry.js';
import type { ImageOptions } from './prunable.js';
import { partsOf, rulesOf, shownPath, type Prunable } from './prunable.js';
import type { Workspace } from '../workspace/workspace.js';

/** Content used within this time (ms) is kept: a push may still need it. */
const GRACE_MS = parseDuration(REGISTRY_GRACE, 'grace');
const TIMES = { grace: GRACE_MS, uploadGrace: parseDuration(UPLOAD_GRACE, 'grace') };

/** The images of a registry's folder, and one leftover for its garbage; empty if the folder does not exist. */
export async function registryItems(
  workspace: Workspace,
  options: ImageOptions,
): Promise<Prunable[]> {
  const { registryRoot: root } = options;
  if (!(await statIfExists(root))) return [];
  const volume = (await fileSystemOf(root)).id;
  const sizes = new Map<Digest, number>();
  const items: Prunable[] = [];
  for await (const image of storedImages(root)) {
    const contents: Content[] = [];
    for (const digest of image.contents) {
      const path = blobFile(root, digest);
      const bytes = sizes.get(digest) ?? (await allocatedBytes(path));
      sizes.set(digest, bytes);
      contents.push({ id: path, bytes });
    }
    items.push({ ...itemOf(image, options), contents, volume });
  }
  const { blobs, uploads, freedBytes } = await collectGarbage(root, {
    ...TIMES,
    now: options.now,
    dryRun: true,
  });
  if (blobs.length + uploads > 0)
    items.push({
      name: 'registry',
      path: shownPath(workspace, root),
      kind: 'leftover',
      contents: [{ id: root, bytes: freedBytes }],
      volume,
      // The garbage is older than the grace period, so no age rule keeps it.
      created: 0,
      pinned: false,
      inUse: false,
      targets: [root],
      fingerprint: '',
    });
  return items;
}

function itemOf(
  { repository, digest, tags, contents, created, lastUsed }: StoredImage,
  { known, pins, inUse, retention, now }: ImageOptions,
): Omit<Prunable, 'contents' | 'volume'> {
  const last = repository.slice(repository.lastIndexOf('/') + 1);
  const archive = known.get(digest);
  const name = archive?.name ?? (parseName(last) ? last : repository);
  const own = retention.get(name);
  return {
    name,
    path: tags[0] === undefined ? `${repository}@${digest}` : `${repository}:${tags[0]}`,
    kind: 'registry',
    ...partsOf(name),
    pinned:
      archive?.pinned === true ||
      own?.pinned === true ||
      [name, repository].some((each) => matchesAny(each, pins)),
    inUse: inUse.has(digest) || now - lastUsed < GRACE_MS,
    targets: [...contents].map((each) => `${repository}@${each}`),
    fingerprint: [digest, ...tags, created].join(' '),
    digest,
    created,
    lastUsed,
    ...(archive ? { isCopy: true } : {}),
    ...(own ? { rules: rulesOf(own) } : {}),
  };
}

/** Deletes an image from its repository; {@link collectDeleted} frees its content. */
export async function removeStored(root: string, { targets }: Prunable): Promise<void> {
  const { repository, digest } = parseTarget(targets[0] ?? '');
  await new RegistryStore(root).removeManifest(repository, digest);
}

/** Frees the content of the deleted images, and the garbage if it was to be deleted. */
export async function collectDeleted(
  root: string,
  gone: readonly Prunable[],
  { now, signal }: CallOptions & { readonly now: number },
): Promise<void> {
  const images = gone.filter(({ kind }) => kind === 'registry');
  const isCollecting = images.length > 0 || gone.some(({ targets }) => targets[0] === root);
  if (!isCollecting) return;
  const parts = new Map<string, Set<Digest>>();
  for (const { repository, digest } of images.flatMap(({ targets }) => targets.map(parseTarget)))
    parts.set(repository, (parts.get(repository) ?? new Set()).add(digest));
  await removeParts(root, parts, now - GRACE_MS);
  await collectGarbage(root, { ...TIMES, now, signal });
}

/** `repository@digest`. */
function parseTarget(target: string): { readonly repository: string; readonly digest: Digest } {
  const at = target.indexOf('@');
  return { repository: target.slice(0, at), digest: parseDigest(target.slice(at + 1)) };
}
