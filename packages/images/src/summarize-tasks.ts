import { statSync } from 'node:fs';
import { join } from 'node:path';
import { appendSummary, type JobSummary } from '@stowage/core';
import type { TaskRun } from '@stowage/core/definition';
import { log } from './log.js';

/** The result of a task, and the paths of its outputs, relative to the workspace. */
export interface RunTask {
  readonly run: TaskRun;
  readonly outputs: readonly string[];
}

const WORDS: Readonly<Record<TaskRun['result'], string>> = {
  built: 'done',
  failed: 'failed',
  skipped: 'skipped',
  'local-cache': 'from the local cache',
  'remote-cache': 'from the remote cache',
};

/** Adds the tasks of images to the summary of the CI job: also those that Nx took from its cache, where no executor ran. */
export async function summarizeTasks(
  workspaceRoot: string,
  results: readonly RunTask[],
): Promise<void> {
  const rows = results.map(({ run: { image, target, result, took }, outputs }) => [
    ...[image, target, WORDS[result]],
    ...[sizeOf(workspaceRoot, outputs), `${(took / 1000).toFixed(1)} s`],
  ]);
  await writeSummary({
    title: 'Image tasks',
    head: ['Image', 'Target', 'Result', 'Archive', 'Time'],
    rows,
  });
}

/** Appends to the summary of the CI job. A summary that cannot be written only prints a warning. */
export async function writeSummary(summary: JobSummary): Promise<void> {
  try {
    await appendSummary(process.env, summary);
  } catch (error) {
    log.warn(`the summary of this job cannot be written: ${String(error)}`);
  }
}

/** The size of the archive among the outputs of a task (bytes); empty without one. */
function sizeOf(workspaceRoot: string, outputs: readonly string[]): number | '' {
  const archive = outputs.find((path) => path.endsWith('.tar'));
  if (archive === undefined) return '';
  return statSync(join(workspaceRoot, archive), { throwIfNoEntry: false })?.size ?? '';
}
