import { existsSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { statIfExists } from '../disk/allocated.js';
import { writeAtomically } from '../disk/atomic-write.js';
import { rm } from '../disk/busy/retried.js';
import { withLock } from '../disk/lock.js';
import { SharedRuns } from '../disk/shared-runs.js';
import { toSlashes } from '../disk/paths/slashed.js';
import { inside } from '../disk/paths/inside.js';
import { readOwn } from '../disk/paths/own-file.js';
import { ImageError } from '../errors.js';
import { parseName } from '../definition/name.js';
import type { CatalogEdit } from './yaml/edit.js';
import { keepIndex, readIndex, type DerivedIndex } from './derived-index.js';
import type { EntryYaml } from './yaml/entry.js';
import { takeInventory, type CachedInventory } from './inventory.js';
import { createLocator, type CatalogPlace } from './locate.js';
import { appendUse, openFold, readUnfoldedUses } from './journal.js';
import {
  reconcile,
  entryMatchesRecord,
  type CatalogEntry,
  type EntryFacts,
  type RecordFacts,
} from './reconcile.js';
import { addUsage } from './usage.js';

/** File name of the catalog in the folder of archives. */
export const CATALOG_FILE = 'image-registry.yml';

/**
 * The path of the lock file for writing one archive, or with the name `catalog` the catalog itself.
 *
 * @throws ImageError INVALID (the name leads out of the folder of locks)
 */
export function lockPath(place: CatalogPlace, name: string): string {
  return inside(join(sharedState(place), 'locks'), name);
}

/** The folder for temporary copies of streams. */
export function spoolFolder({ state }: CatalogPlace): string {
  return join(state, 'spool');
}

/** The folder for indexes of what layers of bases contain, by diff ID. */
export function layersFolder({ state }: CatalogPlace): string {
  return join(state, 'layers');
}

/** The folder for hashes of the files of contexts, one file for each list of files. */
export function hashesFolder({ state }: CatalogPlace): string {
  return join(state, 'hashes');
}

/** Readings of catalogs, by their place. */
const readings = new Map<string, SharedRuns<readonly CatalogEntry[]>>();

/**
 * Lists every archive in the catalog or on disk, including uses that are not yet folded from the journal. Callers at the same
 * time share the reading of it, which begins after they call.
 */
export function readCatalog(place: CatalogPlace): Promise<readonly CatalogEntry[]> {
  const key = JSON.stringify(place);
  const reading = readings.get(key) ?? new SharedRuns();
  readings.set(key, reading);
  return reading.run(() => readEntries(place));
}

async function readEntries(place: CatalogPlace): Promise<readonly CatalogEntry[]> {
  const index = await readIndex(catalogPath(place), indexPath(place));
  const normalize = fileNormalizer(place);
  const entries = index.entries.map(normalize);
  const problems = index.problems.map(normalize);
  const named = [...entries, ...problems.filter(({ file }) => file !== '')];
  const inventory = await takeInventory(place, named, index.seen);
  const usage = await readUnfoldedUses(sharedState(place), async () => index.yaml.sha256);
  const judgements = { ...judgementsOf(index, inventory), usage, problems };
  const found = reconcile(entries, inventory, judgements);
  await keepIndex(indexPath(place), index, inventory, () => ({
    lagging: found.flatMap(({ file, lags }) => (lags ? [file] : [])),
    misnamed: found.flatMap(({ name }) => (parseName(name) ? [] : [name])),
  }));
  return found;
}

/** Whether an entry differs from its record. */
function lagsBehind(entry: EntryYaml, recorded: RecordFacts): boolean {
  const record = recorded.read();
  return (
    record !== undefined &&
    !entryMatchesRecord(entry, record, recorded.isOlder ? undefined : recorded.archiveSize)
  );
}

/** The stored judgements are used as long as neither the catalog nor a record has changed. */
function judgementsOf(
  index: DerivedIndex,
  { isNew }: CachedInventory,
): Pick<EntryFacts, 'isName' | 'lags'> {
  const isName = (name: string) => parseName(name) !== undefined;
  if (!index.kept || isNew) return { isName, lags: lagsBehind };
  const [lagging, misnamed] = [new Set(index.lagging), new Set(index.misnamed)];
  const known = new Set(index.entries.map(({ name }) => name));
  return {
    isName: (name) => (known.has(name) ? !misnamed.has(name) : isName(name)),
    lags: ({ file }) => lagging.has(file),
  };
}

/** An edit, or how it is made of what is there when the lock is held. */
type GivenEdit = CatalogEdit | (() => Promise<CatalogEdit>);

/** Edits that wait for the lock, by the path of the catalog: one write takes them all. */
const waiting = new Map<string, { readonly edits: GivenEdit[]; readonly written: Promise<void> }>();

/**
 * Edits the catalog under its lock and folds the usage journal in. Safe for concurrent processes: no change is lost.
 * Edits of this process that come while another one waits for the lock are written together with that one. An edit that
 * depends on the catalog or on archives is given as a function, which is called under the lock.
 */
export async function updateCatalog(place: CatalogPlace, edit: GivenEdit): Promise<void> {
  const path = catalogPath(place);
  const before = waiting.get(path);
  if (before) {
    before.edits.push(edit);
    return await before.written;
  }
  const edits = [edit];
  const written = withLock(lockPath(place, 'catalog'), async () => {
    waiting.delete(path);
    await writeEdits(place, edits);
  }).finally(() => {
    if (waiting.get(path)?.edits === edits) waiting.delete(path);
  });
  waiting.set(path, { edits, written });
  await written;
}

async function writeEdits(place: CatalogPlace, given: readonly GivenEdit[]): Promise<void> {
  const path = catalogPath(place);
  const edits = await Promise.all(
    given.map(async (edit) => (typeof edit === 'function' ? edit() : edit)),
  );
  const text = await readText(path);
  const fold = await openFold(sharedState(place), text);
  // Loaded on demand: most commands only read the catalog.
  const { openCatalog } = await import('./yaml/edit.js');
  const catalog = openCatalog(text, path);
  const { entries } = catalog;
  const used = entries.flatMap((entry) => {
    const uses = fold.uses.get(entry.name);
    return uses ? [{ name: entry.name, file: entry.file, ...addUsage(entry, uses) }] : [];
  });
  const known = new Set(entries.map(({ name }) => name));
  const changed = catalog.edit({ upsert: used }, ...edits);
  await fold.begin(changed, new Map([...fold.uses].filter(([name]) => !known.has(name))));
  const partial = `${path}.partial`;
  if (changed !== text) await writeAtomically(path, [Buffer.from(changed)], { partial });
  else await rm(partial, { force: true });
  await fold.end();
}

/** Completes an update of the catalog whose process died. */
export async function healCatalog(place: CatalogPlace): Promise<void> {
  if (await statIfExists(`${catalogPath(place)}.partial`)) await updateCatalog(place, {});
}

/** Path and text of the catalog; the text is empty when there is no file. */
export async function catalogText(
  place: CatalogPlace,
): Promise<{ readonly path: string; readonly text: string }> {
  const path = catalogPath(place);
  return { path, text: await readText(path) };
}

/** Records a use by appending one line to the journal; the catalog is not written. */
export async function recordUse(place: CatalogPlace, name: string, at: Date): Promise<void> {
  await appendUse(sharedState(place), name, at);
}

/**
 * Resolves an entry's `file` to an absolute path: relative to the catalog, else to the workspace. A file that does not
 * exist is resolved relative to the catalog.
 *
 * @throws ImageError INVALID (outside the workspace and the allowed folders)
 */
export function archivePath(place: CatalogPlace, file: string): string {
  const found = createLocator(place)(file);
  if (!found) return inside(place.folder, file);
  if (found.kind !== 'elsewhere') return found.path;
  throw new ImageError(
    'INVALID',
    `${catalogPath(place)}: the archive ${JSON.stringify(file)} is outside the workspace`,
    { location: found.path, hint: 'If you trust it, name its folder in stowage.yaml: archives.' },
  );
}

/** Rewrites a `file` that is absolute or relative to the workspace as relative to the catalog, if it lies below its folder. */
function fileNormalizer({ workspace, folder }: CatalogPlace) {
  const [absolute, below] = [folder, relative(workspace, folder)].map(
    (prefix) => `${toSlashes(prefix)}/`,
  ) as [string, string];
  return <T extends Pick<EntryYaml, 'file'>>(entry: T): T => {
    const { file } = entry;
    const prefix = isAbsolute(file) ? absolute : below;
    if (!file.startsWith(prefix) || existsSync(join(folder, file))) return entry;
    return { ...entry, file: file.slice(prefix.length) };
  };
}

async function readText(path: string): Promise<string> {
  return (await readOwn(path))?.toString() ?? '';
}

function sharedState({ state, sharedState: shared = state }: CatalogPlace): string {
  return shared;
}

function indexPath({ state }: CatalogPlace): string {
  return join(state, 'catalog.json');
}

function catalogPath({ folder }: CatalogPlace): string {
  return join(folder, CATALOG_FILE);
}
