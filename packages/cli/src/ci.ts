import { annotationsOf, appendSummary } from '@stowage/core';
import type { Command } from 'commander';
import { print } from './print/print.js';
import { text } from './print/text.js';

interface Streams {
  readonly stderr: NodeJS.WriteStream;
}

/** Adds a table of what a command did to the summary of the CI job. A summary that cannot be written only gives a note. */
export async function summarize(
  { stderr }: Streams,
  command: Command,
  document: unknown,
): Promise<void> {
  if (!process.env['GITHUB_STEP_SUMMARY']) return;
  const { jobSummaryOf } = await import('./print/job-summary.js');
  const summary = jobSummaryOf(wordsOf(command), document);
  if (!summary) return;
  try {
    await appendSummary(process.env, summary);
  } catch (error) {
    print(stderr, text`note: the summary of this job cannot be written: ${String(error)}\n`);
  }
}

/** The words of a command after the name of the program. */
function wordsOf(command: Command): string {
  const { parent } = command;
  return parent?.parent ? `${wordsOf(parent)} ${command.name()}` : command.name();
}

/** Shows failures at the lines of files that they are about, where a CI system can. */
export function annotate({ stderr }: Streams, failures: readonly unknown[]): void {
  for (const failure of failures)
    for (const line of annotationsOf(failure, process.env)) stderr.write(`${line}\n`);
}
