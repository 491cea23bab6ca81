import { relative, resolve, sep } from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { ImageError } from '@stowage/core';
import { ignoredByGit } from '../../ignored-by-git.js';
import { taskDependencies } from '../task-dependencies.js';

/**
 * Refuses input files that git ignores: Nx does not hash them, so a change of one would give a stale image.
 * Outputs of tasks in `after:` are allowed: Nx hashes them as outputs of dependencies.
 *
 * @throws ImageError USAGE, naming the files
 */
export function refuseInvisible(
  files: readonly string[],
  definition: string,
  context: ExecutorContext,
): void {
  const covered = outputsOfDependencies(context).map((output) => resolve(context.root, output));
  const bare = files.filter(
    (file) => !covered.some((output) => file === output || file.startsWith(output + sep)),
  );
  const ignored = ignoredByGit(bare, context.root);
  if (ignored.length === 0) return;
  const shown = ignored.slice(0, 5).map((file) => relative(context.root, file));
  const more = ignored.length > shown.length ? ` and ${ignored.length - shown.length} more` : '';
  throw new ImageError(
    'USAGE',
    `${definition}: git ignores these files, so Nx does not see when they change: ${shown.join(', ')}${more}`,
    {
      location: definition,
      hint: 'Name the target that makes them in after:, or leave them out with .dockerignore.',
    },
  );
}

function outputsOfDependencies({ taskGraph, projectName, targetName }: ExecutorContext): string[] {
  const id = `${projectName}:${targetName}`;
  return taskDependencies(taskGraph, id)
    .flatMap((dependency) => taskGraph?.tasks[dependency]?.outputs ?? [])
    .map((output) => output.replace(/\/\*\*.*$/, ''));
}
