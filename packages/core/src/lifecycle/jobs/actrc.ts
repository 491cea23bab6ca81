import { join } from 'node:path';
import { writeAtomically } from '../../disk/atomic-write.js';
import { textIfThere } from '../../disk/text-if-there.js';
import { canonicalReference, familiarReference, parseReference } from '../../oci/reference.js';
import type { EnsureResult } from './ensure.js';
import type { Workspace } from '../workspace/workspace.js';

/** Arguments for `act`, so that the jobs of a runner use an image of the engine. */
export interface ActArguments {
  readonly arguments: readonly string[];
  /** What these arguments cannot express. */
  readonly notices: readonly string[];
}

/** How the arguments are made. */
export interface ActOptions {
  /** The runner's label for requirements that no workflow gave; the system's name when omitted. */
  readonly runner?: string | undefined;
}

const FILE = '.actrc';
const NO_PULL = '--pull=false';

/** The arguments for `act`. It takes one image for each runner; a job with its own `container:` always uses that. */
export function actArguments(
  jobs: readonly EnsureResult[],
  { runner: said }: ActOptions = {},
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
    const label = said ?? runner ?? os;
    const before = images.get(label);
    if (before === undefined) images.set(label, image);
    else if (before !== image)
      notices.push(
        `${job ?? name}: act takes one image for ${label}, and ${before} is it; run this job alone (--job) to use ${image}`,
      );
  }
  return {
    arguments: [...[...images].flatMap(([label, image]) => ['-P', `${label}=${image}`]), NO_PULL],
    notices,
  };
}

/** Writes arguments into `.actrc` at the root of the workspace; unrelated lines stay. @returns its path */
export async function writeActrc(
  { root }: Workspace,
  { arguments: given }: ActArguments,
): Promise<string> {
  const path = join(root, FILE);
  await writeAtomically(path, [Buffer.from(editActrc(await textIfThere(path), given))]);
  return path;
}

/** Pure: what `.actrc` says afterwards. */
export function editActrc(text: string, given: readonly string[]): string {
  const lines = given.flatMap((word, at) => {
    if (word === '-P') return [`-P ${given[at + 1] ?? ''}`];
    return given[at - 1] === '-P' ? [] : [word];
  });
  const replaced = new Set(lines.map(subjectOf));
  const kept = text
    .split('\n')
    .filter((line) => line.trim() !== '' && !replaced.has(subjectOf(line)));
  return `${[...kept, ...lines].join('\n')}\n`;
}

/** What a line is about: `-P <runner>`, or a flag. */
function subjectOf(line: string): string {
  const [, runner] = /^\s*(?:-P|--platform)[ =]([^=]+)=/.exec(line) ?? [];
  return runner === undefined ? (line.trim().split(/[ =]/)[0] ?? '') : `-P ${runner}`;
}
