import { basename, join } from 'node:path';
import { createLocator, type ArchiveLocation } from '../../catalog/locate.js';
import { parseRuns, RUNS_FOLDER, type TaskRun } from '../../definition/runs.js';
import { allocatedBytes } from '../../disk/allocated.js';
import { readFolder } from '../../disk/if-there.js';
import { readOwn } from '../../disk/paths/own-file.js';
import { ImageError } from '../../errors.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Problem } from '../inspect/problems.js';
import { inspect, type InspectedLayer } from '../inspect/inspect.js';
import { list, type ListEntry } from '../inspect/list.js';
import { prune, type PruneResult } from '../prune/prune.js';
import { summarizeRuns, type RunSummary } from './report-runs.js';
import type { Workspace } from '../workspace/workspace.js';
import { textField, verb, wording } from '../../wording.js';

/** Options for making a report. */
export interface ReportOptions extends VerbOptions {
  /** Relative paths start here. */
  readonly cwd: string;
}

/** The state of a workspace's archives. */
export interface Report {
  /** The folder's name. */
  readonly workspace: string;
  /** ISO 8601. */
  readonly created: string;
  /** Size of all archives on disk, in bytes. */
  readonly bytes: number;
  /** Bytes of duplicate layers: those in several archives, without their first copy. */
  readonly repeatedBytes: number;
  readonly archives: readonly ReportedArchive[];
  readonly problems: readonly (Problem | Unreadable)[];
  /** The plan that `prune` would carry out now. */
  readonly prune: PruneResult;
  /** Runs of Nx targets. */
  readonly runs: readonly RunSummary[];
}

/** One archive of a report. */
export interface ReportedArchive extends ListEntry {
  /** Size on disk, in bytes; 0 when the archive is missing. */
  readonly bytes: number;
  /** Bytes of its layers that another archive has, too. */
  readonly sharedBytes: number;
  /** Null when it could not be read. */
  readonly layers: readonly Pick<InspectedLayer, 'digest' | 'diffId' | 'size'>[] | null;
}

/** An archive that cannot be read. */
export interface Unreadable extends Pick<Problem, 'name' | 'path' | 'detail' | 'fix' | 'wording'> {
  readonly kind: 'unreadable';
}

/**
 * Reports the archives of a workspace: size, shared layers, problems, the prune plan, and task runs. Changes nothing.
 */
export async function report(workspace: Workspace, options: ReportOptions): Promise<Report> {
  const { place, root, surroundings } = workspace;
  const entries = await list(workspace);
  const locate = createLocator(place);
  const unreadable: Unreadable[] = [];
  const read: { readonly entry: ListEntry; readonly layers: ReportedArchive['layers'] }[] = [];
  for (const entry of entries) {
    options.signal?.throwIfAborted();
    const located = locate(entry.file);
    const path = located?.path ?? join(place.folder, entry.file);
    const layers =
      located === undefined || located.kind === 'elsewhere' || entry.state === 'remote'
        ? null
        : await layersOf(workspace, path, options).catch((error: unknown) => {
            if (!(error instanceof ImageError)) throw error;
            const fix = wording`Save the image again; ${verb('verify')} shows the damage.`;
            unreadable.push({
              kind: 'unreadable',
              name: entry.name,
              path,
              detail: error.message,
              ...textField('fix', fix),
            });
            return null;
          });
    read.push({ entry, layers });
  }
  const holders = new Map<string, { size: number; count: number }>();
  for (const { layers } of read)
    for (const [id, size] of sizesOf(layers))
      holders.set(id, { size, count: (holders.get(id)?.count ?? 0) + 1 });
  const archives: ReportedArchive[] = [];
  for (const { entry, layers } of read) {
    const shared = [...sizesOf(layers)].filter(([id]) => (holders.get(id)?.count ?? 0) > 1);
    archives.push({
      ...entry,
      bytes: await bytesOf(locate(entry.file)),
      sharedBytes: shared.reduce((sum, [, size]) => sum + size, 0),
      layers,
    });
  }
  const { problemsOf } = await import('../inspect/problems.js');
  const problems = await problemsOf(workspace);
  return {
    workspace: basename(root),
    created: new Date(surroundings.now()).toISOString(),
    bytes: archives.reduce((sum, { bytes }) => sum + bytes, 0),
    repeatedBytes: [...holders.values()].reduce(
      (sum, { size, count }) => sum + size * (count - 1),
      0,
    ),
    archives,
    problems: [...problems, ...unreadable],
    prune: await prune(workspace, { ...options, dryRun: true }),
    runs: summarizeRuns(await readRuns(root)),
  };
}

/** Size on disk of an archive below our folder; 0 for others. */
async function bytesOf(located: ArchiveLocation | undefined): Promise<number> {
  return located?.kind === 'own' ? allocatedBytes(located.path) : 0;
}

async function layersOf(
  workspace: Workspace,
  path: string,
  options: ReportOptions,
): Promise<ReportedArchive['layers']> {
  const { images } = await inspect(workspace, path, options);
  return images.flatMap(({ layers }) =>
    layers.map(({ digest, diffId, size }) => ({ digest, diffId, size })),
  );
}

/** Sizes of layers by diff ID, each once; by digest where the diff ID is not known. */
function sizesOf(layers: ReportedArchive['layers']): ReadonlyMap<string, number> {
  return new Map(layers?.map(({ digest, diffId, size }) => [diffId ?? digest, size]));
}

async function readRuns(root: string): Promise<TaskRun[]> {
  const folder = join(root, RUNS_FOLDER);
  const names = (await readFolder(folder)).map(({ name }) => name);
  const files = names.filter((name) => name.endsWith('.jsonl')).sort();
  const texts = await Promise.all(files.map((name) => readOwn(join(folder, name))));
  return texts.flatMap((text) => parseRuns(text?.toString() ?? ''));
}
