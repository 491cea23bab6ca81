import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '../disk/atomic-write.js';
import { ignoreMissing } from '../disk/if-there.js';
import { readOwn } from '../disk/paths/own-file.js';
import { ageOf } from '../disk/touch.js';

/** How long a share that did not answer is not asked again (ms). */
const AWAY_MS = 60_000;

/** The file that tells all processes of a workspace that its share does not answer; it names the repository. */
function markerPath(state: string): string {
  return join(state, 'share-away');
}

/** Whether this repository did not answer a process of this workspace within the last minute. */
export async function isAway(state: string, repository: string): Promise<boolean> {
  const path = markerPath(state);
  const info = await ignoreMissing(() => stat(path));
  if (!info || Math.abs(ageOf(info)) > AWAY_MS) return false;
  return (await readOwn(path))?.toString() === `${repository}\n`;
}

/** Marks a repository as away. */
export async function markAway(state: string, repository: string): Promise<void> {
  await writeAtomically(markerPath(state), [Buffer.from(`${repository}\n`)]);
}
