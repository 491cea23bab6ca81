import { ImageError } from '../../errors.js';
import { isObject, type JsonObject } from '../../oci/json.js';
import { inputsOfActions } from './composite-actions.js';
import { isUnknown, resolveExpressions, type Contexts } from './expressions.js';
import { inputsOf, localFile } from './local-file.js';
import { combinationsOf, type Combination } from './matrix.js';
import { requirementsInMatrix } from './matrix-requirements.js';
import { placeOf } from './place.js';
import { jobsOf, type WorkflowFiles } from './workflow-file.js';
import type { SkippedJob, WorkflowJob, WorkflowOptions } from './workflow-job.js';

/** The options and the state for reading a job. */
export interface Scope extends Omit<WorkflowOptions, 'job' | 'readFile'> {
  /** Absent if files of the repository cannot be read. */
  readonly files?: WorkflowFiles | undefined;
  /** Collects what `notFollowed` of the workflow lists. */
  readonly notFollowed: Set<string>;
  /** Names of the calling jobs, each followed by ` / `. */
  readonly prefix: string;
  /** Paths of the called workflows on the way here. */
  readonly callers: readonly string[];
  readonly contexts: Contexts;
  /** Number of jobs that may still be read; shared by all scopes. */
  readonly budget: { left: number };
}

/** GitHub allows ten levels of workflows. */
const MAX_DEPTH = 10;

/** Reads one job: a result for each combination of its matrix, at least one. */
export function jobsFrom(
  id: string,
  job: unknown,
  scope: Scope,
): readonly (WorkflowJob | SkippedJob)[] {
  const title = `${scope.prefix}${id}`;
  if (!isObject(job)) return [{ job: title, reason: 'it is not written as a job' }];
  const { combinations, problems } = legsOf(job, scope);
  if (combinations.length > scope.budget.left)
    return [{ job: title, reason: 'the workflow has too many jobs before it' }];
  scope.budget.left -= combinations.length;
  const found = combinations.flatMap((matrix) => {
    const leg = { ...scope, contexts: { ...scope.contexts, matrix } };
    const name = titleOf(title, matrix);
    return job['uses'] === undefined ? [readLeg(name, job, leg)] : callWorkflow(name, job, leg);
  });
  return [...found, ...problems.map((reason) => ({ job: title, reason }))];
}

interface Legs {
  readonly combinations: readonly Combination[];
  /** Why other combinations are not known. */
  readonly problems: readonly string[];
}

function legsOf(job: JsonObject, { contexts }: Scope): Legs {
  const strategy = resolveExpressions(job['strategy'], contexts);
  if (strategy === undefined || (isObject(strategy) && strategy['matrix'] === undefined))
    return { combinations: [{}], problems: [] };
  const matrix = isObject(strategy) ? strategy['matrix'] : undefined;
  const none = (reason: string): Legs => ({ combinations: [], problems: [reason] });
  if (!isObject(matrix)) return none('its matrix is not known before it runs');
  const { include = [], exclude = [], ...axes } = matrix;
  const [unknown] = Object.entries(axes).find(([, values]) => isUnknown(values)) ?? [];
  if (unknown !== undefined) return none(`its matrix.${unknown} is not known before it runs`);
  if (!Array.isArray(include)) return none('its matrix.include is not known before it runs');
  if (!Array.isArray(exclude) || !exclude.every(isObject))
    return none('its matrix.exclude is not known before it runs');
  const problems = include.flatMap((each, at) =>
    isObject(each) ? [] : [`number ${at + 1} of its matrix.include is not known before it runs`],
  );
  try {
    const combinations = combinationsOf(matrix);
    if (combinations.length + problems.length > 0) return { combinations, problems };
    return none('its matrix has no combination');
  } catch (error) {
    if (error instanceof ImageError) return none(error.message);
    throw error;
  }
}

function readLeg(name: string, job: JsonObject, scope: Scope): WorkflowJob | SkippedJob {
  const { contexts, runners, os } = scope;
  const container = containerOf(resolveExpressions(job['container'], contexts));
  const runsOn = resolveExpressions(job['runs-on'], contexts);
  const place = placeOf({ runsOn, container, runners, os });
  if (typeof place === 'string') return { job: name, reason: place };
  const inputs = inputsOfActions(job['steps'], scope);
  const found = requirementsInMatrix({ ...inputs, ...contexts.matrix });
  if (typeof found === 'string') return { job: name, reason: found };
  const requirements = { ...found, ...place.requirements };
  return { job: name, runner: place.runner, container: container ?? null, requirements };
}

/** The jobs of a reusable workflow of the same repository. */
function callWorkflow(
  name: string,
  job: JsonObject,
  scope: Scope,
): readonly (WorkflowJob | SkippedJob)[] {
  const { callers, contexts, budget, files } = scope;
  const skip = (reason: string) => [{ job: name, reason }];
  const uses = resolveExpressions(job['uses'], contexts);
  const path = localFile(uses);
  if (path === undefined)
    return skip(`it calls ${String(uses)}, which is not a file of this repository`);
  if (files === undefined) return skip(`it calls another workflow, ${path}`);
  if (callers.includes(path)) return skip(`it calls ${path}, which calls itself`);
  if (callers.length === MAX_DEPTH)
    return skip(`it calls ${path}, more than ${MAX_DEPTH} workflows deep`);
  try {
    const workflow = files(path);
    if (workflow === undefined) return skip(`it calls ${path}, which does not exist`);
    const called = Object.entries(jobsOf(workflow, path));
    if (called.length === 0) return skip(`it calls ${path}, which has no jobs`);
    if (called.length > budget.left) return skip('the workflow has too many jobs before it');
    const on = isObject(workflow) && isObject(workflow['on']) ? workflow['on'] : {};
    const inputs = inputsOf(on['workflow_call'], job['with'], contexts);
    const inner = {
      ...scope,
      ...{ prefix: `${name} / `, callers: [...callers, path], contexts: { inputs } },
    };
    return called.flatMap(([id, each]) => jobsFrom(id, each, inner));
  } catch (error) {
    if (error instanceof ImageError) return skip(error.message);
    throw error;
  }
}

function containerOf(container: unknown): string | undefined {
  const image = isObject(container) ? container['image'] : container;
  return typeof image === 'string' && image !== '' ? image : undefined;
}

function titleOf(name: string, combination: Combination): string {
  const values = textsIn(combination);
  return values.length === 0 ? name : `${name} (${values.join(', ')})`;
}

/** The texts in a combination, as GitHub lists them in the name of a job. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
