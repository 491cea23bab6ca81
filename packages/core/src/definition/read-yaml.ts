import type { ErrorObject, ValidateFunction } from 'ajv';
import type { Document } from 'yaml';
import { ImageError } from '../errors.js';
import { nearestOf } from './did-you-mean.js';
import { firstDistinct } from './first-distinct.js';
import { ajv, yaml } from './libraries.js';
import { problemsIn, reasonNotToParse, YAML_LIMIT, type YamlProblem } from './yaml-bounds.js';

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
    const options = { allErrors: true, verbose: true, strict: true, allowUnionTypes: true };
    return (validate ??= new Ajv(options).compile<T>(schema));
  };
}

/**
 * Parses and validates a YAML file.
 *
 * @throws ImageError USAGE with at most ten problems, each as `path:line:column: expected …`
 */
export function readYaml<T>(file: YamlFile, schema: () => ValidateFunction<T>): T {
  return readYamlDocument(file, schema).value;
}

/** Like {@link readYaml}; the document keeps comments and order for writing it back. */
export function readYamlDocument<T>(
  { text, path, limit = YAML_LIMIT }: YamlFile,
  schema: () => ValidateFunction<T>,
): { value: T; document: Document } {
  const why = reasonNotToParse(text, limit);
  if (why !== undefined) throw refuse(path, [why], (each) => `${path}: ${each}`);
  const { LineCounter, parseDocument } = yaml();
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    uniqueKeys: false,
  });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  const say = ({ offset, message }: YamlProblem) => `${at(offset)}: ${message}`;
  const broken = document.errors.map(({ pos: [offset], message }) => ({ offset, message }));
  if (broken.length > 0) throw refuse(path, broken, say);
  const more = walkTree(() => problemsIn(document), path);
  if (more.length > 0) throw refuse(path, more, say);
  const value: unknown = walkTree(() => document.toJS() as unknown, path) ?? {};
  const validate = schema();
  if (validate(value)) return { value, document };
  throw refuse(
    path,
    validate.errors ?? [],
    (error) => `${at(offsetOf(document, error))}: ${explain(error)}`,
  );
}

/** Converts errors of a walk through the tree: the parser limits aliases and nesting. */
function walkTree<T>(work: () => T, path: string): T {
  try {
    return work();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw refuse(path, [why], (each) => `${path}: ${each}`);
  }
}

/** An error at the top often causes the others. */
const MAX_PROBLEMS = 10;

function refuse<T>(path: string, problems: readonly T[], say: (problem: T) => string): ImageError {
  const { texts, rest } = firstDistinct(problems, MAX_PROBLEMS, say);
  const more = rest > 0 ? [`${path}: and ${rest} more`] : [];
  return new ImageError('USAGE', [...texts, ...more].join('\n'), { location: path });
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
    return `${where}expected the key ${JSON.stringify(params['missingProperty'])}, got none`;
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
