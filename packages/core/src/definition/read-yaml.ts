import type { ErrorObject, ValidateFunction } from 'ajv';
import { closest } from 'fastest-levenshtein';
import type { Document } from 'yaml';
import { ImageError } from '../errors.js';
import { ajv, yaml } from './libraries.js';

/** The text of a YAML file. */
export interface YamlFile {
  readonly text: string;
  /** Path for messages; the file is not read. */
  readonly path: string;
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
 * Reads a YAML file a person wrote.
 *
 * @throws ImageError USAGE listing problems, ten at most, as `path:line:column: what was expected`
 */
export function readYaml<T>({ text, path }: YamlFile, schema: () => ValidateFunction<T>): T {
  return readYamlDocument({ text, path }, schema).value;
}

/** Like {@link readYaml}; the document keeps comments and order for writing it again. */
export function readYamlDocument<T>(
  { text, path }: YamlFile,
  schema: () => ValidateFunction<T>,
): { value: T; document: Document } {
  const { LineCounter, parseDocument } = yaml();
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
  });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  if (document.errors.length > 0)
    throw refuse(
      path,
      document.errors.map((error) => `${at(error.pos[0])}: ${error.message}`),
    );
  const value = valueOf(document, path);
  const validate = schema();
  if (validate(value)) return { value, document };
  throw refuse(
    path,
    (validate.errors ?? []).map((error) => `${at(offsetOf(document, error))}: ${explain(error)}`),
  );
}

/** Aliases are resolved here, and only so many of them. */
function valueOf(document: Document, path: string): unknown {
  try {
    return document.toJS() ?? {};
  } catch (error) {
    throw refuse(path, [`${path}: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

/** What is wrong at the top is often why all below it is. */
const SHOWN = 10;

function refuse(path: string, problems: readonly string[]): ImageError {
  const all = [...new Set(problems)];
  const more = all.length > SHOWN ? [`${path}: and ${all.length - SHOWN} more`] : [];
  return new ImageError('USAGE', [...all.slice(0, SHOWN), ...more].join('\n'), { location: path });
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
    return `${where}expected one of ${known.join(', ')}, got ${JSON.stringify(key)}; did you mean ${JSON.stringify(closest(key, known))}?`;
  }
  if (keyword === 'required')
    return `${where}expected the key ${JSON.stringify(params['missingProperty'])}, got none`;
  if (keyword === 'enum')
    return `${where}expected one of ${(params['allowedValues'] as unknown[]).join(', ')}, got ${shown(data)}`;
  return `${where}${(message ?? keyword).replace(/^must /, 'expected to ')}, got ${shown(data)}`;
}

function shown(data: unknown): string {
  try {
    const text = JSON.stringify(data);
    return text.length > 200 ? `${text.slice(0, 200)}…` : text;
  } catch {
    return 'a value that contains itself';
  }
}

/** Where in the text the offending value, or the unknown key, begins. */
function offsetOf(document: Document, { keyword, params, instancePath }: ErrorObject): number {
  const { isNode } = yaml();
  const path = instancePath.split('/').slice(1).map(unescaped);
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

function unescaped(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
