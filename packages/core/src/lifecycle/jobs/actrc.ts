import { join } from 'node:path';
import { writeAtomically } from '../../disk/atomic-write.js';
import { readTextIfExists } from '../../disk/if-there.js';
import { canonicalReference, familiarReference, parseReference } from '../../oci/reference.js';
import type { EnsureResult } from './ensure.js';
import type { Workspace } from '../workspace/workspace.js';

/** Arguments that make `act` run jobs in images of the engine. */
export interface ActArguments {
  readonly arguments: readonly string[];
  /** Messages about jobs for which `act` will not use their image. */
  readonly notices: readonly string[];
}

/** Options for making arguments of act. */
export interface ActOptions {
  /** Runner label to use for every job; when omitted, the label in the workflow, else the operating system. */
  readonly runner?: string | undefined;
}

const ACTRC_FILE = '.actrc';
// eslint-disable-next-line no-restricted-syntax -- act's flag
const NO_PULL_ARGUMENT = '--pull=false';

/** Makes the arguments for `act`, which uses one image per runner label; a job with a `container:` always runs in that. */
export function actArguments(
  jobs: readonly EnsureResult[],
  { runner: givenLabel }: ActOptions = {},
): ActArguments {
  const images = new Map<string, string>();
  const notices: string[] = [];
  for (const { job, name, os, reference, runner, container, loaded } of jobs) {
    const image = familiarReference(parseReference(reference));
    if (container !== null) {
      if (!loaded.some((each) => each.reference === canonicalReference(container)))
        notices.push(
          `${job ?? name}: act runs it in its own container ${container}; write container: ${image} to use the image`,
        );
      continue;
    }
    const label = givenLabel ?? runner ?? os;
    const before = images.get(label);
    if (before === undefined) images.set(label, image);
    else if (before !== image)
      notices.push(
        `${job ?? name}: act uses one image for each runner, and ${label} already has ${before}; ask for this job alone to use ${image}`,
      );
  }
  return {
    arguments: [
      ...[...images].flatMap(([label, image]) => ['-P', `${label}=${image}`]),
      NO_PULL_ARGUMENT,
    ],
    notices,
  };
}

/** Writes arguments to `.actrc` at the root of the workspace; unrelated lines stay. @returns its path */
export async function writeActrc(
  { root }: Workspace,
  { arguments: given }: ActArguments,
): Promise<string> {
  const path = join(root, ACTRC_FILE);
  await writeAtomically(path, [Buffer.from(editActrc(await readTextIfExists(path), given))]);
  return path;
}

/** Returns the new text of `.actrc`. Pure. */
export function editActrc(text: string, given: readonly string[]): string {
  const lines = given.flatMap((word, at) => {
    if (word === '-P') return [`-P ${given[at + 1] ?? ''}`];
    return given[at - 1] === '-P' ? [] : [word];
  });
  const replaced = new Set(lines.map(lineKey));
  const kept = text
    .split('\n')
    .filter((line) => line.trim() !== '' && !replaced.has(lineKey(line)));
  return `${[...kept, ...lines].join('\n')}\n`;
}

/** The setting of a line: `-P <runner>`, or a flag. */
function lineKey(line: string): string {
  const [, runner] = /^\s*(?:-P|--platform)[ =]([^=]+)=/.exec(line) ?? [];
  return runner === undefined ? (line.trim().split(/[ =]/)[0] ?? '') : `-P ${runner}`;
}
