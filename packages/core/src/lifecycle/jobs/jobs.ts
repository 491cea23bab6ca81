import { readFile } from 'node:fs/promises';
import { arch } from 'node:os';
import { basename, resolve } from 'node:path';
import { normalizeWords } from '../../definition/name.js';
import {
  parseRequirements,
  requirementsOf,
  type Requirements,
  type RequirementsYaml,
} from '../../definition/requirements.js';
import type { Workflow, WorkflowJob } from '../../definition/workflow/workflow-job.js';
import { isMissing } from '../../disk/if-there.js';
import { ImageError, shortList } from '../../errors.js';
import { parsePlatform } from '../../oci/platform.js';
import { printable } from '../../printable.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Workspace } from '../workspace/workspace.js';
import { option, wording } from '../../wording.js';
import { repositoryReader } from './repository-file.js';

/**
 * The requirements of jobs: given here, in a file, or by a workflow. Values given here override those of the file; values of
 * the workflow override those given here.
 */
export interface JobRequest extends RequirementsYaml {
  /** A YAML or JSON file of requirements. */
  readonly requirements?: string | undefined;
  /** A GitHub Actions workflow. */
  readonly workflow?: string | undefined;
  /** One job of it, by its ID. */
  readonly job?: string | undefined;
}

/** The requirements among the options of a command or a target; one that is not given is undefined. */
export function jobRequestOf(options: JobRequest): JobRequest {
  const { project, os, arch, architecture, compiler, variant } = options;
  const { packages, tools, features, requirements, workflow, job } = options;
  const machine = { project, os, arch, architecture, compiler, variant };
  const lists = { packages, tools, features };
  const request = { ...machine, ...lists, requirements, workflow, job };
  return request satisfies Readonly<Record<keyof JobRequest, unknown>>;
}

/** One job and its requirements. */
export interface Job extends Omit<WorkflowJob, 'job' | 'requirements'> {
  /** ID of the job; only for a job of a workflow. */
  readonly job?: string;
  readonly requirements: Requirements;
}

/** The jobs of a request. */
export interface Jobs extends Pick<Workflow, 'skipped'> {
  readonly jobs: readonly Job[];
}

/** Reads the jobs of a request. @throws ImageError USAGE, NOT_FOUND (a file, a job), NAMING */
export async function readJobs(
  workspace: Workspace,
  { requirements: file, workflow, job, ...givenHere }: JobRequest,
  { cwd, onEvent }: VerbOptions & { readonly cwd: string },
): Promise<Jobs> {
  const { root, settings } = workspace;
  const defaults = {
    project: normalizeWords(basename(root)) || 'workspace',
    architecture: parsePlatform(`linux/${arch()}`).architecture,
  };
  if (workflow === undefined) {
    if (job !== undefined)
      throw new ImageError('USAGE', wording`${option('job')} needs ${option('workflow')}`);
    const written = file === undefined ? {} : parseRequirements(await textOf(file, cwd));
    const requirements = requirementsOf(mergeRequirements(written, givenHere), defaults);
    return { jobs: [{ runner: null, container: null, requirements }], skipped: [] };
  }
  if (file !== undefined)
    throw new ImageError('USAGE', 'give requirements or a workflow, not both');
  // A value given here that is invalid is an error, not a reason to skip every job.
  requirementsOf({ ...givenHere, os: givenHere.os ?? 'debian-12' }, defaults);
  // Loaded on demand: most commands read no workflow.
  const { completeWorkflow, parseWorkflow } = await import('../../definition/workflow/workflow.js');
  const found = parseWorkflow(await textOf(workflow, cwd), {
    job,
    runners: settings.runners,
    os: givenHere.os,
    readFile: repositoryReader(root),
  });
  if (found.notFollowed.length > 0)
    onEvent?.({
      type: 'notice',
      text: `${workflow}: actions that are not in this repository are not read: ${shortList(found.notFollowed.map(printable))}. Add what they install, and jobs need, to the requirements.`,
    });
  return completeWorkflow(found, (wanted) =>
    requirementsOf(mergeRequirements(givenHere, wanted), defaults),
  );
}

/** Values of `later` override those of `earlier`; lists are concatenated. */
function mergeRequirements(earlier: RequirementsYaml, later: RequirementsYaml): RequirementsYaml {
  const given = Object.entries(later).filter(([, value]) => value !== undefined);
  const list = (key: 'packages' | 'tools' | 'features') =>
    [earlier[key] ?? [], later[key] ?? []].flatMap((value) =>
      typeof value === 'string' ? value.split(/[\s,]+/) : value,
    );
  return {
    ...earlier,
    ...Object.fromEntries(given),
    packages: list('packages'),
    tools: list('tools'),
    features: list('features'),
  };
}

async function textOf(file: string, cwd: string): Promise<{ text: string; path: string }> {
  const path = resolve(cwd, file);
  try {
    return { text: await readFile(path, 'utf8'), path: file };
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new ImageError('NOT_FOUND', `${file}: no such file`, {
      location: path,
      cause: error,
    });
  }
}
