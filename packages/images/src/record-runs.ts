import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { PostTasksExecution, TaskResults } from '@nx/devkit';
import {
  DEFINITION_FILE,
  printableLines,
  RUNS_DAYS,
  RUNS_FOLDER,
  type TaskRun,
} from '@stowage/core/definition';
import type { RunTask } from './summarize-tasks.js';

type Status = TaskResults[string]['status'];

const RESULTS: Readonly<Partial<Record<Status, TaskRun['result']>>> = {
  success: 'built',
  failure: 'failed',
  skipped: 'skipped',
  'local-cache': 'local-cache',
  'local-cache-kept-existing': 'local-cache',
  'remote-cache': 'remote-cache',
};

/** Records the results of image tasks for `stowage report`, and in the summary of a CI job. A failure to write only prints a warning. */
export const postTasksExecution: PostTasksExecution = (
  _options,
  { workspaceRoot, taskResults },
) => {
  const results = Object.values(taskResults).flatMap(({ task, status }): RunTask[] => {
    const { projectRoot, target, startTime, endTime } = task;
    const result = RESULTS[status];
    const isImage =
      projectRoot !== undefined && existsSync(join(workspaceRoot, projectRoot, DEFINITION_FILE));
    if (!result || !isImage) return [];
    const [from, to] = [startTime ?? Date.now(), endTime ?? Date.now()];
    const run: TaskRun = {
      at: new Date(from).toISOString(),
      image: target.project,
      target: target.target,
      result,
      took: Math.max(0, to - from),
    };
    return [{ run, outputs: task.outputs ?? [] }];
  });
  if (results.length === 0) return undefined;
  record(
    workspaceRoot,
    results.map(({ run }) => run),
  );
  return process.env['GITHUB_STEP_SUMMARY'] ? summarize(workspaceRoot, results) : undefined;
};

/** Loaded on demand: Nx loads this file with every command. */
async function summarize(workspaceRoot: string, results: readonly RunTask[]): Promise<void> {
  const { summarizeTasks } = await import('./summarize-tasks.js');
  await summarizeTasks(workspaceRoot, results);
}

function record(workspaceRoot: string, runs: readonly TaskRun[]): void {
  try {
    const folder = join(workspaceRoot, RUNS_FOLDER);
    for (const each of [dirname(folder), folder]) refuseLink(each);
    mkdirSync(folder, { recursive: true });
    const today = fileOf(Date.now());
    const lines = runs.map((run) => `${JSON.stringify(run)}\n`);
    append(join(folder, today), lines.join(''));
    const oldest = fileOf(Date.now() - RUNS_DAYS * 86_400_000);
    for (const file of readdirSync(folder)) if (file < oldest) rmSync(join(folder, file));
  } catch (error) {
    console.warn(
      printableLines(`stowage: cannot record this run in ${RUNS_FOLDER}: ${String(error)}`),
    );
  }
}

/** A cloned repository can hold symbolic links here: nothing is written through them. */
function append(path: string, text: string): void {
  refuseLink(path);
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  const unfollowed = process.platform === 'win32' ? 0 : O_NOFOLLOW;
  const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | unfollowed);
  try {
    writeSync(file, text);
  } finally {
    closeSync(file);
  }
}

function refuseLink(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink())
    throw new Error(`${path} is a symbolic link`);
}

/** @param time ms since 1970 */
function fileOf(time: number): string {
  return `${new Date(time).toISOString().slice(0, 10)}.jsonl`;
}
