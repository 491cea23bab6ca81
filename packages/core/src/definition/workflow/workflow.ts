import { ImageError, shortList } from '../../errors.js';
import type { YamlFile } from '../read-yaml.js';
import type { Requirements, RequirementsYaml } from '../requirements.js';
import { jobsFrom } from './read-job.js';
import { jobsOf, parseWorkflowFile, workflowFiles } from './workflow-file.js';
import type { SkippedJob, Workflow, WorkflowJob, WorkflowOptions } from './workflow-job.js';

/**
 * Reads the requirements of the jobs of a GitHub Actions workflow, and of the reusable workflows of the same repository
 * that they call. Each job and each combination of its matrix is either among `jobs` or among `skipped`.
 *
 * @throws ImageError USAGE (not a workflow), NOT_FOUND (no such job)
 */
export function parseWorkflow(file: YamlFile, options: WorkflowOptions): Workflow {
  const { job: only, runners, os, readFile } = options;
  const all = Object.entries(jobsOf(parseWorkflowFile(file), file.path));
  const wanted = all.filter(([id]) => only === undefined || id === only);
  if (wanted.length === 0)
    throw new ImageError(
      'NOT_FOUND',
      `${file.path}: no job ${only ?? ''}; its jobs are ${shortList(all.map(([id]) => id)) || 'none'}`,
      { location: file.path },
    );
  const budget = { left: MAX_JOBS };
  const files = readFile && workflowFiles(readFile);
  const notFollowed = new Set<string>();
  const scope = { runners, os, files, notFollowed, prefix: '', callers: [], contexts: {}, budget };
  const found = wanted.flatMap(([id, job]) => jobsFrom(id, job, scope));
  return { ...divide(found), notFollowed: [...notFollowed].sort() };
}

/** Limit of the jobs of a workflow with all that it calls, each combination of a matrix counted. */
const MAX_JOBS = 10_000;

/** A job of a workflow, with complete requirements. */
export interface CompleteJob extends Omit<WorkflowJob, 'requirements'> {
  readonly requirements: Requirements;
}

/** The jobs of a workflow, with complete requirements. */
export interface CompleteWorkflow extends Pick<Workflow, 'skipped' | 'notFollowed'> {
  readonly jobs: readonly CompleteJob[];
}

/**
 * Completes the requirements of each job. A job for which `complete` throws an ImageError is skipped with its message as
 * the reason.
 */
export function completeWorkflow(
  { jobs, skipped, notFollowed }: Workflow,
  complete: (requirements: RequirementsYaml) => Requirements,
): CompleteWorkflow {
  const found = jobs.map((job): CompleteJob | SkippedJob => {
    try {
      return { ...job, requirements: complete(job.requirements) };
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      return { job: job.job, reason: error.message };
    }
  });
  const divided = divide(found);
  return { jobs: divided.jobs, skipped: [...skipped, ...divided.skipped], notFollowed };
}

function divide<T extends object>(found: readonly (T | SkippedJob)[]) {
  const jobs: T[] = [];
  const skipped: SkippedJob[] = [];
  for (const each of found) {
    if ('reason' in each) skipped.push(each);
    else jobs.push(each);
  }
  return { jobs, skipped };
}
