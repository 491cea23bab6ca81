import { open } from 'node:fs/promises';
import type { Environment } from '../surroundings.js';
import type { JobSummary } from './summary-text.js';

/**
 * Appends a table to the summary of the job that runs this process: GitHub's, whose file `GITHUB_STEP_SUMMARY` names. Rows for the
 * table at its end are added there. A summary that would be too long for GitHub is cut, and the rows left out are counted.
 * Does nothing without rows, and where no summary is wanted.
 *
 * @throws errors of the file system
 */
export async function appendSummary(env: Environment, summary: JobSummary): Promise<void> {
  const path = env['GITHUB_STEP_SUMMARY'];
  if (!path || summary.rows.length === 0) return;
  await using file = await open(path, 'a+');
  // Loaded on demand: most commands write none.
  const { summaryText } = await import('./summary-text.js');
  const before = await file.readFile('utf8');
  await file.appendFile(summaryText(summary, before));
}
