import { ImageError } from '../errors.js';
import { isObject, type JsonObject } from '../oci/json.js';
import { combinationsOf, type Combination } from './matrix.js';
import { isKnownOs, normalizeOs, parseName } from './name.js';
import { yaml } from './libraries.js';
import type { YamlFile } from './read-yaml.js';
import { problemsIn, reasonNotToParse, YAML_LIMIT } from './yaml-bounds.js';
import type { RequirementsYaml } from './requirements.js';

/** A job of a workflow, one for each combination of its matrix. */
export interface WorkflowJob {
  /** Name that GitHub shows: `build (gcc, 15)`. */
  readonly job: string;
  /** The first label of `runs-on`. */
  readonly runner: string | null;
  /** Image of `container:`. */
  readonly container: string | null;
  readonly requirements: RequirementsYaml;
}

/** The jobs of a GitHub Actions workflow. */
export interface Workflow {
  readonly jobs: readonly WorkflowJob[];
  /** Jobs that need no image, or whose requirements are not known before they run. */
  readonly skipped: readonly { readonly job: string; readonly reason: string }[];
}

/** How a workflow is read. */
export interface WorkflowOptions {
  /** ID of the only job to read; all when omitted. */
  readonly job?: string | undefined;
  /** Operating system of each label of `runs-on`: `{ 'ubuntu-latest': 'ubuntu-24.04' }`. */
  readonly runners: Readonly<Record<string, string>>;
  /** Operating system for jobs that name none. */
  readonly os?: string | undefined;
}

/** Boolean keys of a matrix that are features of an image. */
const FEATURES: ReadonlySet<string> = new Set(
  'asan ubsan tsan msan lsan coverage cov x86'.split(' '),
);

/**
 * Reads the requirements of the jobs of a GitHub Actions workflow.
 *
 * @throws ImageError USAGE (not a workflow), NOT_FOUND (no such job)
 */
export function parseWorkflow(file: YamlFile, options: WorkflowOptions): Workflow {
  const { job: wantedJob } = options;
  const all = Object.entries(jobsOf(file));
  const wanted = all.filter(([id]) => wantedJob === undefined || id === wantedJob);
  if (wanted.length === 0)
    throw new ImageError(
      'NOT_FOUND',
      `${file.path}: expected a job ${wantedJob ?? ''}, got ${all.map(([id]) => id).join(', ') || 'none'}`,
      { location: file.path },
    );
  const jobs: WorkflowJob[] = [];
  const skipped: Workflow['skipped'][number][] = [];
  for (const [id, job] of wanted) {
    for (const found of isObject(job) ? jobsFrom(id, job, options) : []) {
      if ('reason' in found) skipped.push(found);
      else jobs.push(found);
    }
  }
  return { jobs, skipped };
}

function jobsFrom(
  id: string,
  job: JsonObject,
  options: WorkflowOptions,
): readonly (WorkflowJob | Workflow['skipped'][number])[] {
  if (job['uses'] !== undefined) return [{ job: id, reason: 'it calls another workflow' }];
  const strategy = isObject(job['strategy']) ? job['strategy'] : {};
  const matrix = strategy['matrix'];
  if (matrix !== undefined && !isObject(matrix))
    return [{ job: id, reason: 'its matrix is not known before it runs' }];
  const combinations = matrix === undefined ? [{}] : combinationsOf(matrix);
  return combinations.map((combination) => {
    const title = titleOf(id, combination);
    const container = containerOf(resolveExpressions(job['container'], combination));
    const runner = runnerOf(resolveExpressions(job['runs-on'], combination));
    const requirements = requirementsFrom(combination, { ...options, container, runner });
    return typeof requirements === 'string'
      ? { job: title, reason: requirements }
      : { job: title, runner: runner ?? null, container: container ?? null, requirements };
  });
}

interface JobContext extends WorkflowOptions {
  readonly container: string | undefined;
  readonly runner: string | undefined;
}

/** @returns the requirements, or the reason why they are not known */
function requirementsFrom(combination: Combination, where: JobContext): RequirementsYaml | string {
  const found = placeOf(where);
  const place = typeof found === 'string' && where.os !== undefined ? { os: where.os } : found;
  if (typeof place === 'string') return place;
  const matrix = requirementsInMatrix(combination);
  return { ...matrix, ...place, features: [...matrix.features, ...(place.features ?? [])] };
}

/** The image of the container, in which the steps of a job run; without one, the operating system of the runner. */
function placeOf({ container, runner, runners }: JobContext): RequirementsYaml | string {
  if (container !== undefined) {
    if (container.includes('${{')) return `its container ${container} is not known before it runs`;
    const image = container.slice(container.lastIndexOf('/') + 1);
    const parts = parseName(image.split(/[:@]/, 1)[0] ?? '');
    if (parts) return { project: parts.project, os: parts.os, variant: parts.variant };
    const os = normalizeOs(image);
    return isKnownOs(os) ? { os } : `its container ${container} does not name its operating system`;
  }
  if (runner === undefined) return 'it has no runs-on';
  if (runner.includes('${{')) return `its runs-on ${runner} is not known before it runs`;
  const arm = runner.endsWith('-arm');
  const label = arm ? runner.slice(0, -'-arm'.length) : runner;
  const os = normalizeOs(runners[label] ?? label);
  if (isKnownOs(os)) return { os, ...(arm ? { arch: 'arm64' } : {}) };
  return `it runs on ${runner}, which names no Linux image; map it to one with runners: in stowage.yaml`;
}

/** The requirements in a combination, by commonly used keys. */
function requirementsInMatrix(
  combination: Combination,
): RequirementsYaml & { readonly features: string[] } {
  const text = (...keys: readonly string[]) =>
    keys.map((key) => combination[key]).find((value) => typeof value === 'string');
  const list = (...keys: readonly string[]) =>
    keys.flatMap((key) => {
      const value = combination[key];
      if (typeof value === 'string') return value.split(/[\s,]+/).filter((word) => word !== '');
      return Array.isArray(value) ? value.filter((word) => typeof word === 'string') : [];
    });
  const compiler = text('compiler');
  const version = text('version', 'compiler-version', 'compiler_version');
  const flags = Object.keys(combination).filter(
    (key) => FEATURES.has(key.toLowerCase()) && combination[key] === 'true',
  );
  const named = {
    project: text('project'),
    variant: text('variant'),
    arch: text('arch', 'architecture'),
  };
  return {
    ...Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined)),
    ...(compiler === undefined ? {} : { compiler: withVersion(compiler, version) }),
    packages: list('packages', 'install'),
    tools: list('tools'),
    features: [...list('features'), ...flags],
  };
}

function withVersion(compiler: string, version: string | undefined): string {
  const isVersion = version !== undefined && /^[0-9]+(?:\.[0-9]+)*$/.test(version);
  return isVersion && !/[0-9]/.test(compiler) ? `${compiler}${version}` : compiler;
}

function containerOf(container: unknown): string | undefined {
  const image = isObject(container) ? container['image'] : container;
  return typeof image === 'string' && image !== '' ? image : undefined;
}

function runnerOf(runsOn: unknown): string | undefined {
  const labels = isObject(runsOn) ? runsOn['labels'] : runsOn;
  const first: unknown = Array.isArray(labels)
    ? labels.find((each) => each !== 'self-hosted')
    : labels;
  return typeof first === 'string' && first !== '' ? first : undefined;
}

/** Replaces expressions of the matrix by their values; other expressions stay unchanged. */
function resolveExpressions(value: unknown, combination: Combination): unknown {
  if (Array.isArray(value)) return value.map((each) => resolveExpressions(each, combination));
  if (isObject(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, resolveExpressions(each, combination)]),
    );
  if (typeof value !== 'string') return value;
  const alone = /^\$\{\{\s*matrix\.([\w.-]+)\s*\}\}$/.exec(value)?.[1];
  if (alone !== undefined) return lookUp(combination, alone) ?? '';
  return value.replace(/\$\{\{\s*matrix\.([\w.-]+)\s*\}\}/g, (_, path: string) => {
    const found = lookUp(combination, path);
    return typeof found === 'string' ? found : '';
  });
}

function lookUp(combination: Combination, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), combination);
}

function titleOf(id: string, combination: Combination): string {
  const values = Object.values(combination).filter((value) => typeof value === 'string');
  return values.length === 0 ? id : `${id} (${values.join(', ')})`;
}

/** Scalars are parsed as text: the version 25.10 is not the number 25.1. */
function jobsOf({ text, path }: YamlFile): JsonObject {
  const why = reasonNotToParse(text, YAML_LIMIT);
  if (why !== undefined) throw new ImageError('USAGE', `${path}: ${why}`, { location: path });
  const options = { schema: 'failsafe', merge: true, uniqueKeys: false } as const;
  const document = yaml().parseDocument(text, options);
  const [error] = [...document.errors, ...problemsIn(document)];
  const value: unknown = error ? undefined : document.toJS();
  const jobs = isObject(value) ? value['jobs'] : undefined;
  if (isObject(jobs)) return jobs;
  throw new ImageError(
    'USAGE',
    `${path}: expected a workflow with jobs, got ${error?.message ?? 'something else'}`,
    { location: path },
  );
}
