import { healCatalog, readCatalog } from '../../catalog/file.js';
import type { CatalogEntry } from '../../catalog/reconcile.js';
import { parseDefinition } from '../../definition/definition.js';
import { parseName } from '../../definition/name.js';
import { definitionFor } from '../../definition/requirements.js';
import { yaml } from '../../definition/libraries.js';
import { ImageError } from '../../errors.js';
import { canonicalReference } from '../../oci/reference.js';
import { saveDefinition } from '../build/save-definition.js';
import type { VerbOptions } from '../workspace/call.js';
import { findDefinitions } from '../workspace/definitions.js';
import { readJobs, type Job, type JobRequest, type Jobs } from './jobs.js';
import { load } from '../load/load.js';
import type { LoadResult } from '../load/plan-load.js';
import { planJobs, type JobPlan, type PlannedJob } from './plan.js';
import type { FoundDefinition } from '../workspace/definitions.js';
import type { SaveResult } from '../save/save-image.js';
import type { Workspace } from '../workspace/workspace.js';

/** The image of one job, now in the engine. */
export interface EnsureResult extends JobPlan {
  readonly os: string;
  readonly runner: string | null;
  readonly container: string | null;
  /** Archives that were saved for it, bases first; empty when one existed. */
  readonly saved: readonly SaveResult[];
  readonly loaded: readonly LoadResult[];
}

/** The images of all jobs of a request. */
export interface EnsuredJobs extends Pick<Jobs, 'skipped'> {
  readonly jobs: readonly EnsureResult[];
}

/** Options for ensuring the images of jobs. */
export interface EnsureOptions extends VerbOptions {
  /** Relative paths of the request start here. */
  readonly cwd: string;
}

/**
 * Ensures that the engine has the images that jobs need: loads the best archive; if none fits, builds, saves, registers
 * and loads the image. Repeating a request builds nothing; of two concurrent processes one builds and the other waits.
 *
 * @throws ImageError like `plan`, `saveDefinition` and `load`
 */
export async function ensure(
  workspace: Workspace,
  request: JobRequest,
  options: EnsureOptions,
): Promise<EnsuredJobs> {
  const { jobs, skipped } = await readJobs(workspace, request, options);
  if (!options.dryRun) await healCatalog(workspace.place);
  const results: EnsureResult[] = [];
  // In sequence: an image built for one job may fit the next one.
  for (const job of jobs) {
    const [planned] = await planJobs(workspace, [job], options);
    if (planned) results.push(await ensureJob(workspace, planned, options));
  }
  return { jobs: results, skipped };
}

async function ensureJob(
  workspace: Workspace,
  { plan: planned, job, build }: PlannedJob,
  options: EnsureOptions,
): Promise<EnsureResult> {
  const { runner, container } = job;
  const saved: SaveResult[] = [];
  if (build && !options.dryRun) {
    const found =
      'definition' in build ? build.definition : generateDefinition(workspace, job, build.base);
    await saveWithBases(workspace, found, saved, options);
  }
  const { os } = job.requirements;
  const common = { ...planned, os, runner, container, saved };
  // In a dry run an image that would be built has no archive to load.
  if (planned.needs_build && saved.length === 0) return { ...common, loaded: [] };
  const last = saved.at(-1);
  const archive = last ? (last.size === null ? null : last.archive) : planned.best_image_path;
  // An image that only the share has is loaded by its name.
  const input = archive ?? planned.name;
  const loadAs = (as?: string) => load(workspace, [input], { ...options, as });
  const loaded = await loadAs();
  const containerName = container === null ? undefined : ownName(container);
  const isLoaded = loaded.some(({ reference }) => reference === containerName);
  if (containerName !== undefined && !isLoaded) loaded.push(...(await loadAs(containerName)));
  return { ...common, loaded };
}

/** The reference of a job's `container:` if it has a conventional name; other names must not be given to our images. */
function ownName(container: string): string | undefined {
  const reference = canonicalReference(container);
  const name = reference.slice(reference.lastIndexOf('/') + 1).replace(/[:@].*$/, '');
  return parseName(name) ? reference : undefined;
}

/** Saves a definition, and before it every base that has no archive yet. */
async function saveWithBases(
  workspace: Workspace,
  found: FoundDefinition,
  saved: SaveResult[],
  options: EnsureOptions,
): Promise<void> {
  const chain = [found];
  for (let base = await missingBase(workspace, found, options); base; ) {
    const { name } = base.definition;
    chain.push(base);
    if (chain.slice(0, -1).some(({ definition }) => definition.name === name))
      throw new ImageError(
        'USAGE',
        `base: a cycle: ${chain.map(({ definition }) => definition.name).join(' -> ')}`,
        { location: base.folder, hint: 'Give one of these images another base.' },
      );
    base = await missingBase(workspace, base, options);
  }
  for (const each of chain.reverse()) saved.push(await saveDefinition(workspace, each, options));
}

/** The definition of the base if the base is an image of the workspace without an archive. */
async function missingBase(
  workspace: Workspace,
  { definition: { base } }: FoundDefinition,
  options: EnsureOptions,
): Promise<FoundDefinition | undefined> {
  if (!parseName(base)) return undefined;
  const entries = await readCatalog(workspace.place);
  if (
    entries.some(
      ({ name, bytes, state }) => name === base && (bytes !== undefined || state === 'remote'),
    )
  )
    return undefined;
  const all = await findDefinitions(workspace, options);
  return all.find(({ definition }) => definition.name === base);
}

/** Generates a definition for requirements that no definition of the workspace meets: a base and what it lacks. */
function generateDefinition(
  { root }: Workspace,
  { requirements }: Job,
  base: CatalogEntry | undefined,
): FoundDefinition {
  const definition = parseDefinition({
    text: yaml().stringify(definitionFor(requirements, base)),
    path: `job for ${requirements.os}`,
  });
  return { definition, folder: root };
}
