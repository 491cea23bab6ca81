import { isObject } from '../../oci/json.js';
import type { Combination } from './matrix.js';

/** The contexts of expressions whose values are known before a job runs. */
export interface Contexts {
  readonly matrix?: Combination | undefined;
  /** Inputs of a called workflow. */
  readonly inputs?: Combination | undefined;
}

/** Whether a text still contains an expression, so that its value is not known. */
export function isUnknown(value: unknown): boolean {
  return typeof value === 'string' && value.includes('${{');
}

const EXPRESSION = /\$\{\{\s*(matrix|inputs)\.([\w.-]+)\s*\}\}/gi;
const ALONE = /^\s*\$\{\{\s*(matrix|inputs)\.([\w.-]+)\s*\}\}\s*$/i;

/** Replaces expressions of the given contexts by their values; other expressions stay unchanged. */
export function resolveExpressions(value: unknown, contexts: Contexts): unknown {
  if (Array.isArray(value)) return value.map((each) => resolveExpressions(each, contexts));
  if (isObject(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, resolveExpressions(each, contexts)]),
    );
  if (typeof value !== 'string') return value;
  const [, alone = '', path = ''] = ALONE.exec(value) ?? [];
  const context = contextOf(alone, contexts);
  if (context) return lookUp(context, path) ?? '';
  return value.replace(EXPRESSION, (expression, name: string, key: string) => {
    const known = contextOf(name, contexts);
    if (!known) return expression;
    const found = lookUp(known, key);
    return typeof found === 'string' ? found : '';
  });
}

function contextOf(name: string, { matrix, inputs }: Contexts): Combination | undefined {
  return { matrix, inputs }[name.toLowerCase()];
}

/** The names in expressions have no case. */
function lookUp(context: Combination, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => {
    if (!isObject(value)) return undefined;
    const name = Object.keys(value).find((each) => each.toLowerCase() === key.toLowerCase());
    return name === undefined ? undefined : value[name];
  }, context);
}
