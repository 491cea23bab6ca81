import { isObject, type JsonObject } from '../../oci/json.js';
import { formatCompiler, parseCompiler } from '../compiler.js';
import type { RequirementsYaml } from '../requirements.js';
import { isUnknown } from './expressions.js';
import type { Combination } from './matrix.js';

/** Boolean keys of a matrix that are features of an image. */
const FEATURES: ReadonlySet<string> = new Set(
  'asan ubsan tsan msan lsan coverage cov x86'.split(' '),
);
/** Keys that name a compiler, the most explicit first. Keys are compared without case; `-` is `_`. */
const COMPILERS = 'compiler c_compiler cc cxx_compiler cpp_compiler cxx'.split(' ');
/** Keys that name it in the value of `compiler`, when that is an object. */
const NAMES = ['name', 'family', ...COMPILERS];

type Found = RequirementsYaml & { readonly features: readonly string[] };

/**
 * The requirements in a combination of a matrix, by commonly used keys.
 *
 * @returns the reason why they are not known, instead
 */
export function requirementsInMatrix(combination: Combination): Found | string {
  const own = withPlainKeys(combination);
  // Objects such as `config: { cc: gcc }` group keys of one combination.
  const all = { ...Object.assign({}, ...groupsIn(own)), ...own } as JsonObject;
  const compiler = compilerIn(all);
  if (compiler !== undefined && 'reason' in compiler) return compiler.reason;
  const named = {
    project: textIn(own, ['project']),
    variant: textIn(own, ['variant']),
    arch: textIn(all, ['arch', 'architecture']),
  };
  const flags = Object.keys(own).filter((key) => FEATURES.has(key) && own[key] === 'true');
  const found = {
    ...Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined)),
    ...(compiler === undefined ? {} : { compiler: compiler.name }),
    packages: listIn(all, ['packages', 'install']),
    tools: listIn(all, ['tools']),
    features: [...listIn(all, ['features']), ...flags],
  };
  const unknown = Object.entries(found).find(([, value]) => [value].flat().some(isUnknown));
  return unknown ? `its ${unknown[0]} is not known before it runs` : found;
}

type CompilerFound = { readonly name: string } | { readonly reason: string } | undefined;

function compilerIn(all: JsonObject): CompilerFound {
  const key = COMPILERS.find((each) => all[each] !== undefined && !isBlank(all[each]));
  const value = key === undefined ? undefined : all[key];
  if (key === undefined || value === undefined) return undefined;
  const inside = isObject(value) ? withPlainKeys(value) : undefined;
  const name = inside ? textIn(inside, NAMES) : value;
  if (typeof name !== 'string') return { reason: `its ${key} has no name` };
  if (isUnknown(name)) return { reason: `its ${key} ${name} is not known before it runs` };
  const version = textIn(inside ?? all, ['version', 'compiler_version']);
  const program = name.slice(name.lastIndexOf('/') + 1);
  const compiler = parseCompiler(program);
  if (!compiler)
    return {
      reason: `its ${key} ${name} is not the name of a compiler with or without a version, as gcc-13`,
    };
  if (compiler.version !== undefined || version === undefined) return { name: program.trim() };
  if (/^[0-9]+(?:\.[0-9]+)*$/.test(version))
    return { name: formatCompiler({ ...compiler, version }) };
  // A `version` beside the compiler may be that of anything.
  const isOwn = inside !== undefined || textIn(all, ['version']) === undefined;
  return isOwn
    ? { reason: `its version ${version} of ${name} is not a number` }
    : { name: program };
}

function groupsIn(own: JsonObject): JsonObject[] {
  return Object.entries(own).flatMap(([key, value]) =>
    isObject(value) && !COMPILERS.includes(key) ? [withPlainKeys(value)] : [],
  );
}

function withPlainKeys(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key.toLowerCase().replaceAll('-', '_'), each]),
  );
}

function textIn(values: JsonObject, keys: readonly string[]): string | undefined {
  return keys
    .map((key) => values[key])
    .find((value): value is string => typeof value === 'string' && !isBlank(value));
}

function listIn(values: JsonObject, keys: readonly string[]): string[] {
  return keys.flatMap((key) => {
    const value = values[key];
    if (isUnknown(value)) return [value as string];
    if (typeof value === 'string') return value.split(/[\s,]+/).filter((word) => word !== '');
    return Array.isArray(value) ? value.filter((word) => typeof word === 'string') : [];
  });
}

/** Scalars of a workflow are read as text, also null. */
function isBlank(value: unknown): boolean {
  return typeof value === 'string' && /^(?:\s*|~|null)$/i.test(value);
}
