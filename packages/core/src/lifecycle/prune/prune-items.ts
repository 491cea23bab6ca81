import { recordPath } from '../../catalog/commit.js';
import { readCatalog } from '../../catalog/file.js';
import { createLocator } from '../../catalog/locate.js';
import type { CatalogEntry } from '../../catalog/reconcile.js';
import { parseName } from '../../definition/name.js';
import { allocatedBytes, statIfExists } from '../../disk/allocated.js';
import { fileSystemOf } from '../../disk/free-space.js';
import type { Engine, EngineImage } from '../../engine/engine.js';
import type { Digest } from '../../oci/digest.js';
import { matchesAny } from '../../policy/wildcards.js';
import { DEFAULT_GRACE_MS } from '../../store/collect.js';
import { findLeftovers } from './leftovers.js';
import { nxCacheItem } from './nx-cache.js';
import {
  fileState,
  partsOf,
  rulesOf,
  type ImageOptions,
  type InventoryOptions,
  type Prunable,
} from './prunable.js';
import type { Workspace } from '../workspace/workspace.js';

export interface Inventory {
  readonly items: readonly Prunable[];
  /** IDs of content that images of others use: deleting ours does not free it. */
  readonly held: ReadonlySet<string>;
}

/** Lists everything that Stowage keeps, with its size on disk. Changes nothing. */
export async function listInventory(
  workspace: Workspace,
  options: InventoryOptions,
): Promise<Inventory> {
  const { place, settings } = workspace;
  const entries = await readCatalog(place);
  const pins = [...settings.pins, ...options.keep];
  const locate = createLocator(place);
  const archives: ArchiveItem[] = [];
  // An entry that cannot be read may pin its archive.
  const unsure = new Set(entries.flatMap((each) => (each.state === 'invalid' ? each.file : [])));
  for (const entry of entries) {
    const isUnsure = entry.state !== 'invalid' && unsure.has(entry.file);
    const given = isUnsure ? { ...entry, pinned: true } : entry;
    const item = await archiveItem(locate, given, pins, options);
    if (item) archives.push(item);
  }
  const known = new Map(
    archives.flatMap((item) =>
      [item.digest, ...item.ids].flatMap((digest) => (digest ? [[digest, item] as const] : [])),
    ),
  );
  const stored = await imageItems('store', options.store, { known, pins, ...options });
  const copies = options.engine
    ? await imageItems('engine', options.engine, { known, pins, ...options })
    : undefined;
  // Loaded on demand: most commands delete nothing.
  const { registryItems } = await import('./prune-registry.js');
  const hosted = await registryItems(workspace, { known, pins, ...options });
  const leftovers = await findLeftovers(workspace, options.now);
  const cache = await nxCacheItem(workspace);
  return {
    items: [
      ...archives,
      ...stored.items,
      ...(copies?.items ?? []),
      ...hosted,
      ...leftovers,
      ...(cache ? [cache] : []),
    ],
    held: copies?.held ?? new Set(),
  };
}

/** An archive, with the IDs that engines may give to its image besides its digest. */
type ArchiveItem = Prunable & { readonly ids: readonly Digest[] };

/** The item of a catalog entry; undefined if it has no archive that Stowage may delete. */
async function archiveItem(
  locate: ReturnType<typeof createLocator>,
  entry: CatalogEntry,
  pins: readonly string[],
  { inUse, retention }: InventoryOptions,
): Promise<ArchiveItem | undefined> {
  const { name, file, recorded } = entry;
  const record = recorded?.read();
  // Archives outside our folder must not be deleted, and a name with path separators has no lock.
  const located = entry.state === 'invalid' ? undefined : locate(file);
  if (located?.kind !== 'own' || /[\\/]|^\.{0,2}$/.test(name)) return undefined;
  const { path } = located;
  const info = await statIfExists(path);
  if (!info) return undefined;
  const files = [path, recordPath(path)];
  const bytes = await Promise.all(files.map(allocatedBytes));
  const created = parseTime(entry.created) ?? (entry.state === 'orphan' ? info.mtimeMs : undefined);
  const lastUsed = parseTime(entry.last_used) ?? created;
  const ids = [record?.configDigest, record?.index].filter((digest) => digest !== undefined);
  const digests = [...ids, ...(record ? [record.digest] : [])];
  const own = retention.get(name);
  return {
    name,
    path: file,
    kind: 'archive',
    ...partsOf(name, file),
    contents: files.map((id, at) => ({ id, bytes: bytes[at] ?? 0 })),
    volume: String(info.dev),
    pinned: entry.pinned === true || own?.pinned === true || matchesAny(name, pins),
    inUse: digests.some((digest) => inUse.has(digest)),
    ids,
    targets: files,
    fingerprint: [fileState(info), lastUsed, entry.usage_count ?? 0].join(' '),
    file: fileState(info),
    ...(entry.state === 'orphan' ? { isOrphan: true } : {}),
    ...(own ? { rules: rulesOf(own) } : {}),
    ...(created === undefined ? {} : { created }),
    ...(lastUsed === undefined ? {} : { lastUsed }),
    ...(record ? { digest: record.digest } : {}),
    ...(record?.base ? { base: record.base.digest } : {}),
  };
}

/** All images of the store; of an engine, only those that are copies of an archive. */
async function imageItems(
  kind: 'engine' | 'store',
  engine: Engine,
  { known, pins, inUse, now, retention }: ImageOptions,
): Promise<{ readonly items: readonly Prunable[]; readonly held: ReadonlySet<string> }> {
  const folder = await engine.dataFolder();
  const volume = folder === undefined ? engine.location : (await fileSystemOf(folder)).id;
  const items: Prunable[] = [];
  const held = new Set<string>();
  const parts = await engine.contents();
  for (const image of await engine.list()) {
    // An image that came in the meantime.
    const contents = parts.get(image.id) ?? [{ id: image.id, bytes: image.size }];
    const archive = known.get(image.id);
    const name = nameOf(image) ?? archive?.name ?? image.id;
    // An image with a name that Stowage did not give must be kept.
    const isOurs =
      kind === 'store' ||
      (archive && image.references.every((each) => nameIn(each) === archive.name));
    if (!isOurs) for (const { id } of contents) held.add(id);
    if (!isOurs) continue;
    const since = image.since ?? archive?.created;
    const lastUsed = archive?.lastUsed ?? since;
    const own = retention.get(name);
    items.push({
      name,
      path: `${kind === 'store' ? 'store' : engine.kind}:${image.references[0] ?? image.id}`,
      kind,
      ...partsOf(name),
      contents,
      volume,
      pinned: archive?.pinned ?? (own?.pinned === true || matchesAny(name, pins)),
      ...(image.pinnedBy === undefined ? {} : { pinnedBy: image.pinnedBy }),
      inUse: inUse.has(image.id) || (archive?.inUse ?? false),
      targets: image.references.length === 0 ? [image.id] : image.references,
      fingerprint: [image.id, ...image.references, since, lastUsed].join(' '),
      digest: archive?.digest ?? image.id,
      ...(archive ? { isCopy: true } : {}),
      rules: {
        ...(own ? rulesOf(own) : {}),
        // Recent content may belong to a copy in progress.
        ...(kind === 'store' && since !== undefined && now - since < DEFAULT_GRACE_MS
          ? { minAge: DEFAULT_GRACE_MS }
          : {}),
      },
      ...(since === undefined ? {} : { created: since }),
      ...(lastUsed === undefined ? {} : { lastUsed }),
    });
  }
  return { items, held };
}

function nameOf({ references }: EngineImage): string | undefined {
  return references.map(nameIn).find((name) => parseName(name) !== undefined);
}

/** The name in `docker.io/library/<name>:latest`. */
function nameIn(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1).replace(/[:@].*$/, '');
}

function parseTime(text: string | undefined): number | undefined {
  const parsed = text === undefined ? NaN : Date.parse(text);
  return Number.isNaN(parsed) ? undefined : parsed;
}
