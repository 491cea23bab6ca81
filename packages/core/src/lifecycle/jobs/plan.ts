import { join, relative } from 'node:path';
import { archivePath, readCatalog } from '../../catalog/file.js';
import { rank, type Candidate, type Match, type Score } from '../../catalog/match.js';
import type { CatalogEntry } from '../../catalog/reconcile.js';
import { DEFINITION_FILE } from '../../definition/definition.js';
import { parseName } from '../../definition/name.js';
import { nameFor, upstreamBase, type Requirements } from '../../definition/requirements.js';
import { canonicalReference } from '../../oci/reference.js';
import type { VerbOptions } from '../workspace/call.js';
import { findDefinitions } from '../workspace/definitions.js';
import { readJobs, type Job, type JobRequest, type Jobs } from './jobs.js';
import type { FoundDefinition } from '../workspace/definitions.js';
import type { Workspace } from '../workspace/workspace.js';

/** The image for a job, or how it would be built. Keys are in snake case for compatibility with older scripts. */
export interface JobPlan {
  /** ID of the job; only for a job of a workflow. */
  readonly job?: string;
  readonly name: string;
  /** Fully qualified. */
  readonly reference: string;
  readonly needs_build: boolean;
  /** Absolute path of the archive; null if the image has to be built, or is only in the share. */
  readonly best_image_path: string | null;
  /**
   * Absolute path of the archive to build on; null if nothing is built or the base is not an archive of this workspace.
   */
  readonly best_base_image_path: string | null;
  readonly score: Score;
  /** Why this image was chosen and each other one was not. */
  readonly reasons: readonly string[];
}

/** A plan and its inputs. */
export interface PlannedJob {
  readonly plan: JobPlan;
  readonly job: Job;
  /** How to build it: from a definition of the workspace, or on a base. Absent when an archive fits. */
  readonly build?:
    | { readonly definition: FoundDefinition }
    | { readonly base: CatalogEntry | undefined };
}

/** The plans of all jobs of a request. */
export interface PlannedJobs extends Pick<Jobs, 'skipped'> {
  readonly jobs: readonly PlannedJob[];
}

/** Options for planning jobs. */
export interface PlanOptions extends VerbOptions {
  /** Relative paths of the request start here. */
  readonly cwd: string;
}

/**
 * Finds the best archive for each job, or how its image would be built. Changes nothing.
 *
 * @throws ImageError USAGE, NOT_FOUND (a file, a job of a workflow), NAMING
 */
export async function plan(
  workspace: Workspace,
  request: JobRequest,
  options: PlanOptions,
): Promise<PlannedJobs> {
  const { jobs, skipped } = await readJobs(workspace, request, options);
  // Read even if every job has an archive: a plan reports definitions of one name.
  const found = await findDefinitions(workspace, options);
  return { jobs: await planJobs(workspace, jobs, { ...options, found }), skipped };
}

/** Like {@link plan}, for jobs that were already read. @param options `found`: all definitions, if they were read. */
export async function planJobs(
  workspace: Workspace,
  jobs: readonly Job[],
  { found, ...options }: VerbOptions & { readonly found?: readonly FoundDefinition[] },
): Promise<PlannedJob[]> {
  const entries = await readCatalog(workspace.place);
  let reading = found && Promise.resolve(found);
  const definitions = () => (reading ??= findDefinitions(workspace, options));
  return Promise.all(jobs.map((job) => planJob(workspace, job, { entries, definitions })));
}

interface PlanInputs {
  readonly entries: readonly CatalogEntry[];
  /** Read only when something has to be built. */
  readonly definitions: () => Promise<readonly FoundDefinition[]>;
}

async function planJob(
  { place, root }: Workspace,
  job: Job,
  { entries, definitions }: PlanInputs,
): Promise<PlannedJob> {
  const matches = rank(entries, job.requirements);
  const [best] = matches;
  const losers = matches.map(({ candidate, reason }) => `${candidate.name}: ${reason}`);
  const common = { ...(job.job === undefined ? {} : { job: job.job }) };
  if (best?.score.essential === 100) {
    const { name, file, state } = best.candidate;
    const path = state === 'remote' ? null : archivePath(place, file);
    return {
      job,
      plan: {
        ...common,
        name,
        reference: referenceOf(best.candidate),
        needs_build: false,
        best_image_path: path,
        best_base_image_path: null,
        score: best.score,
        reasons: losers,
      },
    };
  }
  const definition = fittingDefinition(await definitions(), job.requirements);
  const base = matches.find((match) => canBeBase(match))?.candidate;
  const name = definition?.definition.name ?? nameFor(job.requirements);
  const from = definition ? definition.definition.base : base?.name;
  const archive = entries.find((entry) => entry.name === from && isHere(entry));
  const how = definition
    ? `from ${relative(root, join(definition.folder, DEFINITION_FILE))}`
    : `on ${from ?? upstreamBase(job.requirements)}`;
  return {
    job,
    build: definition ? { definition } : { base },
    plan: {
      ...common,
      name,
      reference: definition?.definition.reference ?? canonicalReference(name),
      needs_build: true,
      best_image_path: null,
      best_base_image_path: archive ? archivePath(place, archive.file) : null,
      score: best?.score ?? { essential: 0, extra: 0 },
      reasons: [`${name}: no archive fits; it has to be built ${how}`, ...losers],
    },
  };
}

function isHere({ bytes, state }: CatalogEntry): boolean {
  return bytes !== undefined && state !== 'remote';
}

/** Whether an archive can be a base: it matches well enough, and a definition can name it. */
function canBeBase({ score, candidate }: Match<CatalogEntry>): boolean {
  return score.essential === 70 && parseName(candidate.name) !== undefined;
}

/** The definition whose image would fit; one of the required project is preferred. */
function fittingDefinition(
  definitions: readonly FoundDefinition[],
  requirements: Requirements,
): FoundDefinition | undefined {
  const candidates = definitions.map((found) => ({ ...asCandidate(found, requirements), found }));
  const fitting = rank(candidates, requirements)
    .filter(({ score }) => score.essential === 100)
    .map(({ candidate }) => candidate.found);
  return (
    fitting.find(({ definition }) => definition.project === requirements.project) ?? fitting[0]
  );
}

function asCandidate(
  { definition, folder }: FoundDefinition,
  { architecture }: Requirements,
): Candidate {
  const { name, os, platforms, facts } = definition;
  const made = platforms.map((platform) => platform.architecture).join(',');
  return { name, file: folder, os, architecture: made || architecture, ...facts };
}

function referenceOf({ reference, docker_tag: tag, name }: CatalogEntry): string {
  return reference ?? canonicalReference(tag ?? name);
}
