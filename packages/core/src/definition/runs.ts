import { schemaOf } from './read-yaml.js';

/**
 * Folder of the task runs, relative to the workspace: a file for each day, `2026-11-21.jsonl`, with a line for each
 * task.
 */
export const RUNS_FOLDER = '.stowage/runs';

/** How many days of task runs are kept. */
export const RUNS_DAYS = 90;

/** One task of an image in Nx, run or taken from a cache. */
export interface TaskRun {
  /** Start time, ISO 8601. */
  readonly at: string;
  /** Name of the Nx project, which is the name of the image. */
  readonly image: string;
  /** Nx target, for example `image-save`. */
  readonly target: string;
  readonly result: 'built' | 'local-cache' | 'remote-cache' | 'failed' | 'skipped';
  /** Duration in milliseconds. */
  readonly took: number;
}

const schema = schemaOf<TaskRun>({
  type: 'object',
  required: ['at', 'image', 'target', 'result', 'took'],
  properties: {
    at: { type: 'string' },
    image: { type: 'string' },
    target: { type: 'string' },
    result: { enum: ['built', 'local-cache', 'remote-cache', 'failed', 'skipped'] },
    took: { type: 'number', minimum: 0 },
  },
});

/** Parses the tasks in a file; incomplete lines are skipped. */
export function parseRuns(text: string): TaskRun[] {
  return text.split('\n').flatMap((line) => {
    try {
      const run: unknown = JSON.parse(line);
      return schema()(run) ? [run] : [];
    } catch {
      return [];
    }
  });
}
