import { isObject } from '../../oci/json.js';
import { ImageError } from '../../errors.js';
import { isUnknown, resolveExpressions, type Contexts } from './expressions.js';
import { inputsOf, localFile } from './local-file.js';
import type { Combination } from './matrix.js';
import type { WorkflowFiles } from './workflow-file.js';

/** Inputs of an action that say what a job needs, as keys of a matrix do. */
const INPUTS = /^(?:compiler|compiler[-_]version|c_compiler|cc|cxx_compiler|cxx|packages|tools)$/i;
/** GitHub allows ten levels of actions. */
const MAX_DEPTH = 10;
/** Limit of the actions that one job uses, also through other actions. */
const MAX_ACTIONS = 100;

interface Reader {
  readonly contexts: Contexts;
  readonly files?: WorkflowFiles | undefined;
  /** Gets what is not read, as `uses:` names it. */
  readonly notFollowed: Set<string>;
}

/**
 * The inputs that steps give to composite actions of the same repository, and these to others, as far as they say what a
 * job needs and are known. The first value of each input counts. An action that cannot be read says nothing, and is named.
 */
export function inputsOfActions(
  steps: unknown,
  { contexts, files, notFollowed }: Reader,
): Combination {
  const found: Record<string, unknown> = {};
  if (files === undefined) return found;
  let left = MAX_ACTIONS;
  follow(steps, contexts, []);
  return found;

  function follow(list: unknown, known: Contexts, callers: readonly string[]): void {
    if (!Array.isArray(list)) return;
    for (const step of list) {
      const uses = isObject(step) ? resolveExpressions(step['uses'], known) : undefined;
      const path = localFile(uses);
      if (path === undefined && isAction(uses)) notFollowed.add(uses);
      if (path === undefined || callers.includes(path) || callers.length === MAX_DEPTH) continue;
      if (left-- <= 0) return;
      const action = readAction(path);
      if (action === undefined && isAction(uses)) notFollowed.add(uses);
      const runs = isObject(action) && isObject(action['runs']) ? action['runs'] : {};
      if (runs['using'] !== 'composite' || !isObject(step)) continue;
      const inputs = inputsOf(action, step['with'], known);
      for (const [key, value] of Object.entries(inputs))
        if (INPUTS.test(key) && typeof value === 'string' && !isUnknown(value))
          found[key] ??= value;
      follow(runs['steps'], { inputs }, [...callers, path]);
    }
  }

  function readAction(path: string): unknown {
    for (const name of ['action.yml', 'action.yaml']) {
      try {
        const action = files?.(`${path}/${name}`);
        if (action !== undefined) return action;
      } catch (error) {
        if (!(error instanceof ImageError)) throw error;
      }
    }
    return undefined;
  }
}

/** Whether `uses:` names an action that could be a composite one; `docker://` names an image. */
function isAction(uses: unknown): uses is string {
  return typeof uses === 'string' && uses !== '' && !uses.startsWith('docker://');
}
