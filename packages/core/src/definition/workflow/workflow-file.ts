import { ImageError } from '../../errors.js';
import { isObject, type JsonObject } from '../../oci/json.js';
import { yaml } from '../libraries.js';
import type { YamlFile } from '../read-yaml.js';
import { problemsIn, reasonNotToParse, YAML_LIMIT } from '../yaml/yaml-bounds.js';

/** Parses a workflow or an action. Scalars are parsed as text: the version 25.10 is not the number 25.1. @throws ImageError USAGE */
export function parseWorkflowFile({ text, path }: YamlFile): unknown {
  const why = reasonNotToParse(text, YAML_LIMIT);
  if (why !== undefined) throw new ImageError('USAGE', `${path}: ${why}`, { location: path });
  const options = { schema: 'failsafe', merge: true, uniqueKeys: false } as const;
  const document = yaml().parseDocument(text, options);
  const [error] = [...document.errors, ...problemsIn(document)];
  if (error) throw notAWorkflow(path, error.message);
  try {
    // A value that contains itself cannot be written as JSON.
    return JSON.parse(JSON.stringify(document.toJS() ?? null)) as unknown;
  } catch (cause) {
    throw notAWorkflow(path, cause instanceof Error ? cause.message : String(cause));
  }
}

/** The files of a repository, parsed; undefined where no file is. @throws ImageError USAGE, and those of the reader */
export type WorkflowFiles = (path: string) => unknown;

/** Parses files of a repository, each once: every combination of a matrix uses the same ones. */
export function workflowFiles(readFile: (path: string) => string | undefined): WorkflowFiles {
  const parsed = new Map<string, () => unknown>();
  return (path) => {
    const known = parsed.get(path) ?? outcomeOf(() => parse(path));
    parsed.set(path, known);
    return known();
  };

  function parse(path: string): unknown {
    const text = readFile(path);
    return text === undefined ? undefined : parseWorkflowFile({ text, path });
  }
}

/** The result of a call, or its error, to be returned or thrown again. */
function outcomeOf<T>(work: () => T): () => T {
  try {
    const value = work();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** The jobs of a parsed workflow, by ID. @throws ImageError USAGE */
export function jobsOf(value: unknown, path: string): JsonObject {
  const jobs = isObject(value) ? value['jobs'] : undefined;
  if (isObject(jobs)) return jobs;
  throw notAWorkflow(path, 'it has no map of jobs');
}

function notAWorkflow(path: string, why: string): ImageError {
  return new ImageError('USAGE', `${path}: not a workflow with jobs: ${why}`, {
    location: path,
  });
}
