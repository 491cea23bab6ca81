import type { Document, Node, Pair, YAMLMap } from 'yaml';
import { aliasTargets, type AliasTargets } from '../../definition/yaml/aliases.js';
import { yaml } from '../../definition/libraries.js';
import { readYamlTree, yamlError, type YamlTree } from '../../definition/read-yaml.js';
import type { YamlProblem } from '../../definition/yaml/yaml-bounds.js';
import type { EntryYaml } from './entry.js';
import { ENTRY_KEYS, readValue, textOf } from './entry-values.js';

/** An entry of the catalog that cannot be read. */
export interface EntryProblem {
  /** Its name, else the line where it is. */
  readonly name: string;
  /** Its file; empty if that cannot be read. */
  readonly file: string;
  /** `path:line:column: key: expected …` */
  readonly message: string;
}

/** An item of `images` in a catalog, and what it says. */
export type CatalogItem =
  | { readonly node: YAMLMap; readonly entry: EntryYaml }
  | { readonly node: unknown; readonly problem: EntryProblem };

/** A parsed catalog. */
export interface CatalogTree extends YamlTree {
  readonly items: readonly CatalogItem[];
}

/** Longest catalog in characters; 100,000 entries take less. */
const MAX_CATALOG_CHARACTERS = 64 * 1024 * 1024;

/**
 * Reads the items of a catalog one by one: an item that cannot be read is a problem of its own.
 *
 * @throws ImageError USAGE (not YAML, no list of images), with line and column
 */
export function readCatalogTree(text: string, path: string): CatalogTree {
  const { isMap, isSeq } = yaml();
  const tree = readYamlTree({ text, path, limit: MAX_CATALOG_CHARACTERS });
  const { document, at, lineAt } = tree;
  const root = document.contents;
  const refuse = (offset: number, message: string) =>
    yamlError(path, [{ offset, message }], lineAt);
  if (root !== null && textOf(root) !== '' && !isMap(root))
    throw refuse(root.range?.[0] ?? 0, 'the catalog is not a map with images');
  const images: unknown = isMap(root) ? root.get('images', true) : undefined;
  if (textOf(images) !== '' && !isSeq(images))
    throw refuse((images as Node).range?.[0] ?? 0, 'images: not a list');
  const nodes = isSeq(images) ? images.items : [];
  const [ofItems, ofFile] = divide(tree.problems, nodes);
  if (ofFile.length > 0) throw yamlError(path, ofFile, lineAt);
  const items = itemsOfTree(nodes, { document, at, problemOf: (node) => ofItems.get(node) });
  return { ...tree, items };
}

interface ReadItemsOptions {
  readonly document: Document;
  /** The place of an offset, for messages; empty when omitted. */
  readonly at?: YamlTree['at'];
  /** Items that are read already. */
  readonly known?: (node: unknown) => CatalogItem | undefined;
  /** The problem that the parser has with an item. */
  readonly problemOf?: (node: unknown) => YamlProblem | undefined;
}

/** Reads the items of the list of a catalog. Of two that name one file, the second is a problem. */
export function itemsOfTree(
  nodes: readonly unknown[],
  {
    document,
    at = () => '',
    known = () => undefined,
    problemOf = () => undefined,
  }: ReadItemsOptions,
): CatalogItem[] {
  const targetOf = aliasTargets(document);
  const seen = new Map<string, unknown>();
  return nodes.map((node): CatalogItem => {
    const read = known(node) ?? readItem(node, { at, targetOf, problem: problemOf(node) });
    if (!('entry' in read)) return read;
    const { name, file } = read.entry;
    if (!seen.has(file)) {
      seen.set(file, node);
      return read;
    }
    const message = `${at(offsetOf(node))}: file: ${JSON.stringify(file)} has an entry already, in line ${lineOf(seen.get(file), at)}`;
    return { node, problem: { name, file, message } };
  });
}

/** Problems of the parser by the item that they are in, and those of the file. */
function divide(
  problems: readonly YamlProblem[],
  nodes: readonly unknown[],
): [ReadonlyMap<unknown, YamlProblem>, readonly YamlProblem[]] {
  const ofItems = new Map<unknown, YamlProblem>();
  const ofFile = problems.filter((problem) => {
    const node = problem.isLimit ? undefined : itemAt(nodes, problem.offset);
    if (node !== undefined) ofItems.set(node, problem);
    return node === undefined;
  });
  return [ofItems, ofFile];
}

/** The item around an offset of the text; items are in order. */
function itemAt(nodes: readonly unknown[], offset: number): unknown {
  let [low, high] = [0, nodes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (offsetOf(nodes[middle]) <= offset) low = middle + 1;
    else high = middle;
  }
  const node = nodes[low - 1];
  return yaml().isNode(node) && offset < (node.range?.[2] ?? 0) ? node : undefined;
}

interface ItemContext {
  readonly at: YamlTree['at'];
  readonly targetOf: AliasTargets;
  readonly problem: YamlProblem | undefined;
}

function readItem(node: unknown, { targetOf, at, problem }: ItemContext): CatalogItem {
  const { isMap, isNode } = yaml();
  const target = targetOf(node);
  const values = new Map<string, Node | null>();
  for (const pair of isMap(target) ? target.items : []) {
    const [key, found] = [keyOf(pair), targetOf(pair.value)];
    if (key !== undefined) values.set(key, isNode(found) ? found : null);
  }
  const entry: Record<string, unknown> = {};
  const bad = problem ? [`${at(problem.offset)}: ${problem.message}`] : [];
  for (const key of ENTRY_KEYS) {
    const value = values.get(key);
    if (value === undefined) continue;
    const read = readValue(key, value);
    const got = JSON.stringify(textOf(value) ?? 'something else').slice(0, 200);
    if (!('value' in read))
      bad.push(
        `${at(value?.range?.[0] ?? offsetOf(node))}: ${key}: expected ${read.expected}, got ${got}`,
      );
    else if (read.value !== undefined) entry[key] = read.value;
  }
  for (const key of ['name', 'file'] as const)
    if (entry[key] === undefined) bad.push(`${at(offsetOf(node))}: ${key} is missing`);
  // Aliases are kept as they are: an edit would change what they stand for.
  if (bad.length === 0 && isMap(node)) return { node, entry: entry as unknown as EntryYaml };
  const { name, file } = entry as Partial<EntryYaml>;
  const message = bad[0] ?? `${at(offsetOf(node))}: an alias, not an entry`;
  return {
    node,
    problem: { name: name ?? `line ${lineOf(node, at)}`, file: file ?? '', message },
  };
}

/** The key of a pair; those that an edit adds are no nodes. */
function keyOf({ key }: Pair): string | undefined {
  if (yaml().isScalar(key)) return String(key.value);
  return typeof key === 'string' ? key : undefined;
}

function offsetOf(node: unknown): number {
  return yaml().isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

function lineOf(node: unknown, at: YamlTree['at']): string {
  return at(offsetOf(node)).split(':').at(-2) ?? '';
}
