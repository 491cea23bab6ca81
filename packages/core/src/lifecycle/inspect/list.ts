import { readCatalog } from '../../catalog/file.js';
import type { CatalogEntry, EntryState } from '../../catalog/reconcile.js';
import { parseName } from '../../definition/name.js';
import type { Digest } from '../../oci/digest.js';
import { canonicalReference } from '../../oci/reference.js';
import { matchesAny } from '../../policy/wildcards.js';
import type { Workspace } from '../workspace/workspace.js';

/** One archive of a workspace. */
export interface ListEntry {
  readonly name: string;
  readonly reference: string | null;
  readonly project: string | null;
  readonly os: string | null;
  readonly variant: string | null;
  /** Path of the archive, relative to the catalog. */
  readonly file: string;
  readonly digest: Digest | null;
  /** Size of the archive in bytes. */
  readonly size: number | null;
  /** Time of creation, ISO 8601. */
  readonly created: string | null;
  readonly lastUsed: string | null;
  readonly usageCount: number;
  readonly pinned: boolean;
  readonly state: EntryState;
  /** The fault of an `invalid` entry, with file, line and column. */
  readonly problem?: string;
}

/** Lists every archive that is in the catalog or on the disk. */
export async function list(workspace: Workspace): Promise<ListEntry[]> {
  const entries = await readCatalog(workspace.place);
  return entries.map((entry) => listEntry(entry, workspace));
}

/** Converts an entry of the catalog; unknown values are null. */
export function listEntry(entry: CatalogEntry, { settings }: Workspace): ListEntry {
  const { name, file, state } = entry;
  const folder = file.includes('/') ? file.slice(0, file.indexOf('/')) : undefined;
  const parts = parseName(name, folder === undefined ? [] : [folder]);
  return {
    name,
    reference:
      entry.reference ??
      (entry.docker_tag === undefined ? null : canonicalOrText(entry.docker_tag)),
    project: parts?.project ?? null,
    os: parts?.os ?? null,
    variant: parts?.variant ?? null,
    file,
    digest: entry.digest ?? null,
    size: (state === 'remote' ? undefined : entry.size) ?? null,
    created: entry.created ?? null,
    lastUsed: entry.last_used ?? null,
    usageCount: entry.usage_count ?? 0,
    pinned: entry.pinned === true || matchesAny(name, settings.pins),
    state,
    ...(entry.problem === undefined ? {} : { problem: entry.problem }),
  };
}

/** Older tools wrote any text as `docker_tag`; an invalid reference is returned unchanged. */
function canonicalOrText(text: string): string {
  try {
    return canonicalReference(text);
  } catch {
    return text;
  }
}
