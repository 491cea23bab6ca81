import type { CatalogEdit } from '../../catalog/yaml/edit.js';
import { entryOf, newEntry } from '../../catalog/yaml/entry.js';
import { catalogText, readCatalog, updateCatalog } from '../../catalog/file.js';
import type { Workspace } from './workspace.js';

/** The text of the catalog before and after a synchronisation. */
export interface CatalogSync {
  /** Absolute. */
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** Returns the change that {@link syncCatalog} would make. Changes nothing. */
export async function planSync(workspace: Workspace): Promise<CatalogSync> {
  const { path, text } = await catalogText(workspace.place);
  const edit = await editFor(workspace);
  const isEmpty = (edit.upsert ?? []).length + (edit.removeFiles ?? []).length === 0;
  if (isEmpty) return { path, before: text, after: text };
  const { editCatalog } = await import('../../catalog/yaml/edit.js');
  return { path, before: text, after: editCatalog(text, path, edit) };
}

/**
 * Updates the catalog from the disk: adds an entry for every archive with a record, removes entries without an archive
 * unless they are pinned, and sums up uses.
 */
export async function syncCatalog(workspace: Workspace): Promise<void> {
  await updateCatalog(workspace.place, () => editFor(workspace));
}

async function editFor({ place, surroundings }: Workspace): Promise<CatalogEdit> {
  const entries = await readCatalog(place);
  const recorded = entries.flatMap(({ recorded: known, file, bytes, lags, state }) => {
    const record = lags && state !== 'changed' && state !== 'missing' ? known?.read() : undefined;
    return record ? [entryOf(record, file, state === 'remote' ? undefined : bytes)] : [];
  });
  const missing = entries.filter(({ state, pinned }) => state === 'missing' && pinned !== true);
  return {
    upsert: recorded,
    removeFiles: missing.map(({ file }) => file),
    defaults: newEntry(surroundings.now()),
  };
}
