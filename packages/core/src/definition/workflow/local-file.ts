import { posix } from 'node:path';
import { isObject } from '../../oci/json.js';
import { resolveExpressions, type Contexts } from './expressions.js';
import type { Combination } from './matrix.js';

/**
 * The path of a file or folder of the same repository that `uses:` names, relative to its root.
 *
 * @returns undefined for everything else: another repository, an expression, a path out of the repository
 */
export function localFile(uses: unknown): string | undefined {
  if (typeof uses !== 'string' || !/^\.\/[^\\\0$@]+$/.test(uses)) return undefined;
  const path = posix.normalize(uses.slice('./'.length)).replace(/\/$/, '');
  return path === '..' || path.startsWith('../') || path.startsWith('/') ? undefined : path;
}

/** The inputs of a called workflow or action: those of `with`, else their defaults. */
export function inputsOf(declared: unknown, given: unknown, contexts: Contexts): Combination {
  const inputs = isObject(declared) && isObject(declared['inputs']) ? declared['inputs'] : {};
  const defaults = Object.entries(inputs).flatMap(([name, input]) =>
    isObject(input) && input['default'] !== undefined ? [[name, input['default']] as const] : [],
  );
  const values = resolveExpressions(given, contexts);
  return { ...Object.fromEntries(defaults), ...(isObject(values) ? values : {}) };
}
