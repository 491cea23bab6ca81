import { basename, dirname, join, relative } from 'node:path';
import { healArchive, readRecord, recordPath } from '../../catalog/commit.js';
import { CATALOG_FILE, lockPath, readCatalog } from '../../catalog/file.js';
import { createLocator } from '../../catalog/locate.js';
import type { CatalogEntry, EntryState } from '../../catalog/reconcile.js';
import { ARCHIVE_SUFFIX, RECORD_SUFFIX } from '../../catalog/record.js';
import { nearestName } from '../../definition/name.js';
import { modifiedAt, statIfExists } from '../../disk/allocated.js';
import { rm } from '../../disk/busy/retried.js';
import { isBelow } from '../../disk/paths/inside.js';
import { fileOfLeftover, LOCKED_LEFTOVER, removeLeftover } from '../../disk/leftover-files.js';
import { withLock, type LockOptions } from '../../disk/lock.js';
import { toSlashes } from '../../disk/paths/slashed.js';
import { ImageError } from '../../errors.js';
import { LEFTOVER_GRACE_MS } from '../../policy/judge.js';
import { findDefinitions, namesakes, type Namesakes } from '../workspace/definitions.js';
import type { VerbOptions } from '../workspace/call.js';
import { filesMatching } from '../workspace/files-matching.js';
import { leftoverFiles } from '../workspace/leftover-files.js';
import { syncCatalog } from '../workspace/sync-catalog.js';
import { ROOT_MARKERS, type Workspace } from '../workspace/workspace.js';
import { option, textField, verb, wording, type Worded, type Wording } from '../../wording.js';

/** Something wrong in the folder of archives, or with the definitions. */
export interface Problem extends Worded<'fix'> {
  readonly kind:
    | Exclude<EntryState, 'ok' | 'remote'>
    | 'damaged-record'
    | 'stray-record'
    | 'leftover'
    | 'same-name';
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly detail: string;
  readonly fix: string;
}

/** A home folder, or the root of all folders, is searched only if something of Stowage or of a repository is in it. */
export async function isSearched({ root, place, surroundings }: Workspace): Promise<boolean> {
  if (root !== surroundings.home && dirname(root) !== root) return true;
  const signs = [...ROOT_MARKERS.map((name) => join(root, name)), place.folder, place.state];
  for (const path of signs) if (await statIfExists(path)) return true;
  return false;
}

/** Finds problems in the folder of archives, and definitions of one name. */
export async function problemsOf(workspace: Workspace): Promise<Problem[]> {
  const { place, root } = workspace;
  const entries = await readCatalog(place);
  const locate = createLocator(place);
  const ofEntries = entries.flatMap((entry) => {
    const file = entry.file === '' ? CATALOG_FILE : entry.file;
    return problemOf(entry, locate(file)?.path ?? join(place.folder, file));
  });
  const sameName = namesakes(await findDefinitions({ root })).map(sameNameProblem);
  const leftovers = (await leftoverFiles(workspace)).map(leftoverProblem);
  return [...ofEntries, ...leftovers, ...(await strayFiles(place.folder, entries)), ...sameName];
}

function sameNameProblem({ name, paths: [path = '', ...others] }: Namesakes): Problem {
  return {
    kind: 'same-name',
    name,
    path,
    detail: `has the same name as ${others.join(', ')}`,
    fix: 'Give each definition another variant: their images would replace each other.',
  };
}

/** Deletes only leftovers of interrupted saves and records of archives that do not exist. */
export async function repair(
  workspace: Workspace,
  problems: readonly Problem[],
  options: VerbOptions,
): Promise<void> {
  const { place } = workspace;
  const locked = problems.filter(
    ({ kind, path }) => kind === 'leftover' && LOCKED_LEFTOVER.test(path),
  );
  // Leftovers of different files are removed side by side, because each may wait for its lock.
  const byFile = new Map<string, string[]>();
  for (const { path } of locked) {
    const file = fileOfLeftover(path);
    byFile.set(file, [...(byFile.get(file) ?? []), path]);
  }
  await Promise.all([...byFile.values()].map((paths) => removeUnlessHeld(paths, options)));
  for (const { kind, path, name } of problems) {
    const archive = archiveOfPart(path);
    const image = basename(archive, ARCHIVE_SUFFIX);
    if (kind === 'leftover' && archive !== path)
      await withLock(lockPath(place, image), () => healArchive({ place, path: archive }));
    else if (kind === 'leftover' && !LOCKED_LEFTOVER.test(path))
      await removeUnlessNew(workspace, path);
    if (kind === 'stray-record') await withLock(lockPath(place, name), () => removeStray(archive));
  }
  await syncCatalog(workspace);
}

/**
 * Removes the leftovers of one file unless a process writes it. The lock of a process that was killed a moment ago still looks
 * held: it is waited for until it would have been renewed.
 */
async function removeUnlessHeld(
  paths: readonly string[],
  { onEvent, signal }: VerbOptions,
): Promise<void> {
  for (const path of paths) {
    if (await isRemoved(path, { wait: 0 })) continue;
    const text = 'waiting to see whether a process still writes it';
    onEvent?.({ type: 'step', subject: path, text });
    if (!(await isRemoved(path, { onlyForDead: true, signal }))) return;
  }
}

/** @returns false when a process holds the lock of the leftover */
async function isRemoved(path: string, options: LockOptions): Promise<boolean> {
  try {
    await removeLeftover(path, options);
    return true;
  } catch (error) {
    if (error instanceof ImageError && error.code === 'CONFLICT') return false;
    throw error;
  }
}

/** Leaves a file alone that a process may still be writing, because it was written a short time ago. */
async function removeUnlessNew({ place, surroundings }: Workspace, path: string): Promise<void> {
  const isOwn = dirname(path) === place.folder || isBelow(place.state, path);
  if (isOwn) return withLock(lockPath(place, 'catalog'), () => removeLeftover(path, { wait: 0 }));
  const age = surroundings.now() - ((await modifiedAt(path)) ?? 0);
  if (age > LEFTOVER_GRACE_MS) await removeLeftover(path, { wait: 0 });
}

/** Checks again under the lock: a save may have created the archive meanwhile. */
async function removeStray(archive: string): Promise<void> {
  if (!(await statIfExists(archive))) await rm(recordPath(archive), { force: true });
}

/** The archive that a record or a partial file of a commit belongs to; the path itself for any other file. */
function archiveOfPart(path: string): string {
  return path.replace(/(?:\.tar\.partial|\.image\.json(?:\.partial)?)$/, ARCHIVE_SUFFIX);
}

const REPAIR = verb('doctor', option('fix'));

const DETAILS: Readonly<
  Record<Exclude<EntryState, 'ok' | 'remote'>, readonly [detail: string, fix: string | Wording]>
> = {
  missing: [
    'the catalog names an archive that does not exist',
    wording`Save the image again, or remove its entry from image-registry.yml with ${REPAIR}.`,
  ],
  orphan: [
    'an archive without a record',
    'Load it and save it again under a conventional name, or delete it.',
  ],
  changed: ['the archive is not the one its record describes', 'Save the image again.'],
  elsewhere: [
    'the catalog names a file outside the workspace, which is not read',
    'Name its folder in stowage.yaml (archives) if you trust it, or delete the entry.',
  ],
  invalid: [
    'its entry in the catalog cannot be read',
    'Correct the entry in image-registry.yml, or delete it.',
  ],
  misnamed: [
    'the name does not follow the convention',
    'Rename the image: <project>-<os>-<variant>.',
  ],
};

function problemOf({ name, state, problem }: CatalogEntry, path: string): Problem[] {
  if (state === 'ok' || state === 'remote') return [];
  const [detail, fix] = DETAILS[state];
  const nearest = state === 'misnamed' ? nearestName(name) : undefined;
  return [
    {
      kind: state,
      name,
      path,
      detail: problem ?? detail,
      ...textField('fix', nearest === undefined ? fix : `Rename the image to ${nearest}.`),
    },
  ];
}

function leftoverProblem(path: string): Problem {
  return {
    kind: 'leftover',
    name: basename(path),
    path,
    detail: 'left by a command that was interrupted, or written by one that is running',
    ...textField(
      'fix',
      wording`The next command that writes ${basename(fileOfLeftover(path))} continues from it or removes it; ${REPAIR} removes it now.`,
    ),
  };
}

async function strayFiles(folder: string, entries: readonly CatalogEntry[]): Promise<Problem[]> {
  const archives = new Set(
    entries.filter(({ state }) => state !== 'missing').map(({ file }) => file),
  );
  const problems: Problem[] = [];
  for (const file of await filesBelow(folder)) {
    const path = join(folder, file);
    const name = file.slice(file.lastIndexOf('/') + 1);
    if (name.endsWith(RECORD_SUFFIX)) {
      const archive = `${file.slice(0, -RECORD_SUFFIX.length)}.tar`;
      const problem = await recordProblem(path, join(folder, archive), archives.has(archive));
      if (problem) problems.push({ ...problem, name: name.slice(0, -RECORD_SUFFIX.length), path });
    }
  }
  return problems;
}

async function recordProblem(
  path: string,
  archive: string,
  hasArchive: boolean,
): Promise<Pick<Problem, 'kind' | 'detail' | 'fix' | 'wording'> | undefined> {
  try {
    await readRecord(archive);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return {
      kind: 'damaged-record',
      detail: error.message,
      fix: `Save the image again, or delete ${path}.`,
    };
  }
  return hasArchive
    ? undefined
    : {
        kind: 'stray-record',
        detail: 'a record without its archive',
        ...textField('fix', wording`Save the image again, or delete the record with ${REPAIR}.`),
      };
}

/** Relative paths of all files below a folder, sorted; symbolic links are not followed. */
async function filesBelow(folder: string): Promise<string[]> {
  const files = await filesMatching(folder, ['**/*'], { dot: true });
  return files.map((path) => toSlashes(relative(folder, path))).sort();
}
