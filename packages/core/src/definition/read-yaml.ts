import type { ErrorObject, ValidateFunction } from 'ajv';
import type { Document } from 'yaml';
import { ImageError, type ErrorPlace } from '../errors.js';
import { nearestOf } from './did-you-mean.js';
import { firstDistinct } from './first-distinct.js';
import { ajv, yaml } from './libraries.js';
import { problemsIn, reasonNotToParse, YAML_LIMIT, type YamlProblem } from './yaml/yaml-bounds.js';

/** The text of a YAML file. */
export interface YamlFile {
  readonly text: string;
  /** Path for messages; the file is not read. */
  readonly path: string;
  /** Limit in characters; 1 Mi when omitted. */
  readonly limit?: number;
}

/** Compiles a JSON Schema once, on first use. */
export function schemaOf<T>(schema: object): () => ValidateFunction<T> {
  let validate: ValidateFunction<T> | undefined;
  return () => {
    const { Ajv } = ajv();
    // A test checks the schemas themselves: here that would take as long as compiling one.
    const options = {
      allErrors: true,
      verbose: true,
      strict: true,
      allowUnionTypes: true,
      validateSchema: false,
    };
    return (validate ??= new Ajv(options).compile<T>(schema));
  };
}

/** A parsed YAML file, with places for messages. */
export interface YamlTree {
  readonly document: Document;
  /** Duplicate keys, and too many aliases. */
  readonly problems: readonly YamlProblem[];
  /** `path:line:column` of an offset of the text. */
  readonly at: (offset: number) => string;
  /** The line and column of an offset of the text. */
  readonly lineAt: (offset: number) => LinePlace;
}

/** A place in a file, each from 1. */
export interface LinePlace {
  readonly line: number;
  readonly column: number;
}

/** Parses a YAML file without validation. @throws ImageError USAGE (not YAML) */
export function readYamlTree({ text, path, limit = YAML_LIMIT }: YamlFile): YamlTree {
  const why = reasonNotToParse(text, limit);
  if (why !== undefined) throw refuse(path, [why], (message) => ({ message }));
  const { LineCounter, parseDocument } = yaml();
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    uniqueKeys: false,
  });
  const lineAt = (offset: number): LinePlace => {
    const { line, col: column } = lines.linePos(offset);
    return { line, column };
  };
  const at = (offset: number): string => sayPlace(path, lineAt(offset));
  const broken = document.errors.map(({ pos: [offset], message }) => ({ offset, message }));
  if (broken.length > 0) throw yamlError(path, broken, lineAt);
  return { document, problems: walkTree(() => problemsIn(document), path), at, lineAt };
}

/**
 * Parses and validates a YAML file.
 *
 * @param change of the parsed tree before it is validated.
 * @throws ImageError USAGE with at most ten problems, each as `path:line:column: expected …`
 */
export function readYaml<T>(
  file: YamlFile,
  schema: () => ValidateFunction<T>,
  change?: (document: Document) => void,
): T {
  const { path } = file;
  const { document, problems, lineAt } = readYamlTree(file);
  if (problems.length > 0) throw yamlError(path, problems, lineAt);
  change?.(document);
  const value: unknown = walkTree(() => document.toJS() as unknown, path) ?? {};
  const validate = schema();
  if (validate(value)) return value;
  throw refuse(path, validate.errors ?? [], (error) => ({
    at: lineAt(offsetOf(document, error)),
    message: explain(error),
  }));
}

/** An error for problems of a file that was parsed. */
export function yamlError(
  path: string,
  problems: readonly YamlProblem[],
  lineAt: YamlTree['lineAt'],
): ImageError {
  return refuse(path, problems, ({ offset, message }) => ({ at: lineAt(offset), message }));
}

/**
 * Converts errors of a walk through the tree: the parser limits aliases and nesting, and refuses to write some anchors
 * that it reads.
 *
 * @throws ImageError USAGE
 */
export function walkTree<T>(work: () => T, path: string): T {
  try {
    return work();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw refuse(path, [why], (message) => ({ message }));
  }
}

function sayPlace(path: string, { line, column }: LinePlace): string {
  return `${path}:${line}:${column}`;
}

/** An error at the top often causes the others. */
const MAX_PROBLEMS = 10;

interface Refusal {
  readonly at?: LinePlace;
  readonly message: string;
}

/** @param describe called only until there are enough: a file may have very many problems. */
function refuse<T>(
  path: string,
  problems: readonly T[],
  describe: (problem: T) => Refusal,
): ImageError {
  const places = new Map<string, ErrorPlace>();
  const { texts, rest } = firstDistinct(problems, MAX_PROBLEMS, (problem) => {
    const { at, message } = describe(problem);
    const said = `${at ? sayPlace(path, at) : path}: ${message}`;
    places.set(said, { path, ...(at ?? { line: 1 }), text: message });
    return said;
  });
  const more = rest > 0 ? [`${path}: and ${rest} more`] : [];
  return new ImageError('USAGE', [...texts, ...more].join('\n'), {
    location: path,
    places: texts.flatMap((text) => places.get(text) ?? []),
  });
}

function explain({
  keyword,
  params,
  instancePath,
  message,
  parentSchema,
  data,
}: ErrorObject): string {
  const where = instancePath === '' ? '' : `${instancePath.slice(1).replaceAll('/', '.')}: `;
  if (keyword === 'additionalProperties') {
    const key = String(params['additionalProperty']);
    const known = Object.keys((parentSchema?.['properties'] as object | undefined) ?? {});
    return `${where}expected one of ${known.join(', ')}, got ${formatValue(key)}; did you mean ${JSON.stringify(nearestOf(key, known))}?`;
  }
  if (keyword === 'required')
    return `${where}the key ${JSON.stringify(params['missingProperty'])} is missing`;
  if (keyword === 'enum')
    return `${where}expected one of ${(params['allowedValues'] as unknown[]).join(', ')}, got ${formatValue(data)}`;
  return `${where}${(message ?? keyword).replace(/^must /, 'expected to ')}, got ${formatValue(data)}`;
}

function formatValue(data: unknown): string {
  try {
    const text = JSON.stringify(data);
    return text.length > 200 ? `${text.slice(0, 200)}…` : text;
  } catch {
    return 'a value that contains itself';
  }
}

/** Offset in the text of the invalid value, or of the unknown key. */
function offsetOf(document: Document, { keyword, params, instancePath }: ErrorObject): number {
  const { isNode } = yaml();
  const path = instancePath.split('/').slice(1).map(unescapePointer);
  if (keyword === 'additionalProperties') {
    const parent: unknown = path.length === 0 ? document.contents : document.getIn(path, true);
    const items =
      isNode(parent) && 'items' in parent ? (parent.items as readonly { key?: unknown }[]) : [];
    const key = items
      .map((item) => item.key)
      .find((each) => isNode(each) && String(each) === params['additionalProperty']);
    if (isNode(key)) return key.range?.[0] ?? 0;
  }
  const node: unknown = path.length === 0 ? document.contents : document.getIn(path, true);
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
