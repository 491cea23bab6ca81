import type { Document, Node, Pair, YAMLMap } from 'yaml';
import { aliasTargets, type AliasTargets } from '../yaml/aliases.js';
import { yaml } from '../libraries.js';
import { problemsIn } from '../yaml/yaml-bounds.js';
import type { ListContent } from './list-content.js';

/** A value of a YAML document with its line. Aliases and merge keys are resolved, so a value can contain itself. */
export type Value = TextValue | ListValue | MapValue;

/** A scalar as it is written, so that a tag `1.10` stays as it is; null is empty. */
export interface TextValue {
  readonly kind: 'text';
  readonly text: string;
  readonly line: number;
}

export interface ListValue {
  readonly kind: 'list';
  readonly items: readonly Value[];
  readonly line: number;
}

export interface MapValue {
  readonly kind: 'map';
  readonly fields: ReadonlyMap<string, Value>;
  readonly line: number;
}

/** Parses the documents of a text. Syntax errors and templates become problems of the content. */
export function readDocuments(text: string, content: ListContent): Value[] {
  const { LineCounter, parseAllDocuments } = yaml();
  const lines = new LineCounter();
  const documents = [
    ...parseAllDocuments(text, {
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'error',
      uniqueKeys: false,
    }),
  ];
  const lineAt = (offset: number) => Math.max(1, lines.linePos(offset).line);
  const errors = documents
    .flatMap((document) => [
      ...document.errors.map(({ pos: [offset], message }) => ({ offset, message })),
      ...problemsIn(document),
    ])
    .map(({ offset, message }) => ({ line: lineAt(offset), message }));
  if (errors.length === 0)
    return documents.flatMap((document) =>
      document.contents === null ? [] : [new Reader(document, lineAt, content).read()],
    );
  const rows = text.split('\n');
  // A line of a template is an error itself, or makes one of the line after it.
  const template = errors
    .flatMap(({ line }) => [line - 1, line])
    .find((line) => rows[line - 1]?.includes('{{'));
  if (template !== undefined) content.addTemplate(template);
  else for (const { line, message } of errors) content.addProblem(line, message);
  return [];
}

/** Converts the nodes of one document, each once. */
class Reader {
  readonly #document: Document;
  readonly #targetOf: AliasTargets;
  readonly #lineAt: (offset: number) => number;
  readonly #content: ListContent;
  readonly #values = new Map<Node, Value>();

  constructor(document: Document, lineAt: (offset: number) => number, content: ListContent) {
    this.#document = document;
    this.#targetOf = aliasTargets(document);
    this.#lineAt = lineAt;
    this.#content = content;
  }

  read(): Value {
    return this.#valueOf(this.#document.contents);
  }

  #valueOf(node: unknown): Value {
    const { isAlias, isMap, isNode, isScalar, isSeq } = yaml();
    if (!isNode(node)) return { kind: 'text', text: '', line: 1 };
    const known = this.#values.get(node);
    if (known !== undefined) return known;
    const line = this.#lineAt(node.range?.[0] ?? 0);
    if (isAlias(node)) {
      const target = this.#targetOf(node);
      if (target !== undefined) return this.#remember(node, this.#valueOf(target));
      this.#content.addProblem(line, `the alias *${node.source} has no anchor`);
    }
    if (isSeq(node)) {
      const items: Value[] = [];
      this.#remember(node, { kind: 'list', items, line });
      for (const item of node.items) items.push(this.#valueOf(item));
    }
    if (isMap(node)) {
      const fields = new Map<string, Value>();
      this.#remember(node, { kind: 'map', fields, line });
      this.#readFields(node, fields, line);
    }
    const text = isScalar(node) ? textOf(node.value, node.source) : '';
    return this.#values.get(node) ?? this.#remember(node, { kind: 'text', text, line });
  }

  #readFields({ items, flow }: YAMLMap, fields: Map<string, Value>, line: number): void {
    const { isMap, isScalar } = yaml();
    const merged: Pair[] = [];
    for (const pair of items) {
      const { key, value } = pair;
      // An unquoted {{ … }} is a map whose key is a map.
      if (flow && isMap(key) && key.flow) this.#content.addTemplate(line);
      if (!isScalar(key)) continue;
      if (key.value === '<<') merged.push(pair);
      else fields.set(textOf(key.value, key.source), this.#valueOf(value));
    }
    for (const { value } of merged) {
      const from = this.#valueOf(value);
      for (const each of from.kind === 'list' ? from.items : [from])
        if (each.kind === 'map')
          for (const [name, field] of each.fields) if (!fields.has(name)) fields.set(name, field);
    }
  }

  #remember(node: Node, value: Value): Value {
    this.#values.set(node, value);
    return value;
  }
}

function textOf(value: unknown, source: string | undefined): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : (source ?? '');
}

/** The text of a field; undefined if there is none, or if it is empty or no text. */
export function textField(map: MapValue, name: string): string | undefined {
  const value = map.fields.get(name);
  return value?.kind === 'text' && value.text !== '' ? value.text : undefined;
}

export function mapField(map: MapValue, name: string): MapValue | undefined {
  const value = map.fields.get(name);
  return value?.kind === 'map' ? value : undefined;
}

/** The items of a field that is a list; none if it is not. */
export function listField(map: MapValue, name: string): readonly Value[] {
  const value = map.fields.get(name);
  return value?.kind === 'list' ? value.items : [];
}
