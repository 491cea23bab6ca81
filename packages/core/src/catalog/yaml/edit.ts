import type { Document, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { yaml } from '../../definition/libraries.js';
import { walkTree } from '../../definition/read-yaml.js';
import type { EntryYaml } from './entry.js';
import { indentsList, keepTexts } from './kept-text.js';
import {
  itemsOfTree,
  readCatalogTree,
  type CatalogItem,
  type EntryProblem,
} from './read-entries.js';

/** A change of one entry; omitted keys keep their values. */
export type EntryChange = Pick<EntryYaml, 'name'> & Partial<EntryYaml>;

export interface CatalogEdit {
  readonly upsert?: readonly EntryChange[];
  /** Values for keys that an upserted entry lacks, for example `created`. */
  readonly defaults?: Partial<EntryYaml>;
  /** Values of `file` whose entries are removed. */
  readonly removeFiles?: readonly string[];
}

const CATALOG_HEADER =
  ' The index of image archives, kept by Stowage. Comments and order are kept.';

/** The entries of a catalog. */
export interface CatalogContent {
  readonly entries: readonly EntryYaml[];
  /** Entries that cannot be read. */
  readonly problems: readonly EntryProblem[];
}

/** The content of a catalog, and its text. */
interface ReadCatalog {
  readonly path: string;
  readonly text: string;
  readonly content: CatalogContent;
}

/** A parsed catalog. */
interface ParsedCatalog extends ReadCatalog {
  readonly document: Document;
  readonly items: readonly CatalogItem[];
  readonly indentSeq: boolean;
}

/** The catalog that this process parsed or wrote last: parsing one takes much longer than reading its text. */
let latest: ParsedCatalog | undefined;
/** The last two catalogs: while one is written, others still read the one before. */
let recent: readonly ReadCatalog[] = [];

function parse(text: string, path: string): ParsedCatalog {
  if (latest && isOf(latest, text, path)) return latest;
  const { document, items } =
    text.trim() === '' ? { document: emptyCatalog(), items: [] } : readCatalogTree(text, path);
  return remember({ path, text, document, items, indentSeq: indentsList(document, text) });
}

function isOf(known: ReadCatalog, text: string, path: string): boolean {
  return known.text === text && known.path === path;
}

function remember(parsed: Omit<ParsedCatalog, 'content'>): ParsedCatalog {
  const { path, text, items } = parsed;
  const content = {
    entries: items.flatMap((item) => ('entry' in item ? [item.entry] : [])),
    problems: items.flatMap((item) => ('problem' in item ? [item.problem] : [])),
  };
  recent = [{ path, text, content }, ...recent.slice(0, 1)];
  return (latest = { ...parsed, content });
}

/** Parses the entries of a catalog; `path` is shown in messages. @throws ImageError USAGE, with line and column */
export function parseCatalog(text: string, path: string): CatalogContent {
  return (recent.find((each) => isOf(each, text, path)) ?? parse(text, path)).content;
}

/** Applies an edit to the text of a catalog, as {@link openCatalog} does. @throws ImageError USAGE */
export function editCatalog(text: string, path: string, edit: CatalogEdit): string {
  return openCatalog(text, path).edit(edit);
}

/** A parsed catalog that can be edited once. */
export interface EditableCatalog {
  readonly entries: readonly EntryYaml[];
  /**
   * The text after some edits, one after the other; comments, order, keys of other tools and entries that cannot be read are
   * kept.
   *
   * @throws ImageError USAGE
   */
  readonly edit: (...edits: readonly CatalogEdit[]) => string;
}

/** Parses a catalog for an edit that depends on its entries. @throws ImageError USAGE */
export function openCatalog(text: string, path: string): EditableCatalog {
  const parsed = parse(text, path);
  const { document, items, indentSeq, content } = parsed;
  // An edit changes the document.
  latest = undefined;
  const entries = new Map(
    items.flatMap((item) => ('entry' in item ? [[item.node, item.entry] as const] : [])),
  );
  return {
    entries: content.entries,
    edit: (...changes) => {
      const kept = keepTexts(parsed);
      const changed = apply(document, entries, changes);
      const options = { ...FORMAT, indentSeq };
      const edited = kept.restore(walkTree(() => document.toString(options), path));
      const after = afterEdit(parsed, edited, changed);
      if (after) remember(after);
      return edited;
    },
  };
}

/**
 * The catalog after an edit, as parsing its text would read it. Undefined where only that knows: with items that cannot be read
 * (the document has placeholders for them), with aliases, and with comments and empty lines, which move when they are written.
 */
function afterEdit(
  { path, document, items, indentSeq }: ParsedCatalog,
  text: string,
  changed: ReadonlySet<unknown>,
): Omit<ParsedCatalog, 'content'> | undefined {
  if (items.some((item) => 'problem' in item) || ODD.test(text.replace(HEAD, ''))) return undefined;
  const before = new Map(items.map((item) => [item.node, item]));
  const after = itemsOfTree(imagesOf(document).items, {
    document,
    known: (node) => (changed.has(node) ? undefined : before.get(node)),
  });
  if (after.some((item) => 'problem' in item)) return undefined;
  return { path, text, document, items: after, indentSeq: indentSeq || after.length === 0 };
}

const HEAD = /^(?:#.*\n|\n)*/;
const ODD = /#|\n\s*\n|(?:^|[\s,[{])[*&]\S/;
const FORMAT = { lineWidth: 0, verifyAliasOrder: false } as const;

/** Edits a document. @returns the items that were added or changed */
function apply(
  document: Document,
  entries: ReadonlyMap<unknown, EntryYaml>,
  edits: readonly CatalogEdit[],
): ReadonlySet<unknown> {
  const images = imagesOf(document);
  const changed = new Set<unknown>();
  for (const { removeFiles = [], upsert: changes = [], defaults = {} } of edits) {
    for (const file of removeFiles)
      images.items = images.items.filter((item) => !isFile(saidOf(item, entries)?.file, file));
    for (const change of changes)
      changed.add(upsert({ document, images, entries }, change, defaults));
  }
  // The library puts the brackets of an empty block at the beginning of a line, which is no YAML.
  if (images.items.length === 0) images.flow = true;
  return changed;
}

/** The name and file of an item: those before the edit, or those that an edit before this one gave it. */
function saidOf(
  item: unknown,
  entries: ReadonlyMap<unknown, EntryYaml>,
): { readonly name: unknown; readonly file: unknown } | undefined {
  if (!yaml().isMap(item)) return undefined;
  return entries.get(item) ?? { name: item.get('name'), file: item.get('file') };
}

function emptyCatalog(): Document {
  const document = yaml().parseDocument('images: []\n');
  document.commentBefore = CATALOG_HEADER;
  return document;
}

function imagesOf(document: Document): YAMLSeq {
  const found: unknown = document.get('images', true);
  if (yaml().isSeq(found)) {
    found.flow = false;
    return found;
  }
  const images = new (yaml().YAMLSeq)();
  // A document of nothing but `null`, perhaps with an anchor, cannot hold a key.
  const { contents } = document;
  if (!yaml().isMap(contents)) {
    const map = new (yaml().YAMLMap)();
    map.commentBefore = contents?.commentBefore ?? null;
    document.contents = map;
  }
  document.set('images', images);
  return images;
}

interface Edited {
  readonly document: Document;
  readonly images: YAMLSeq;
  /** The values of each item before the edit. */
  readonly entries: ReadonlyMap<unknown, EntryYaml>;
}

/** @returns the item that was added or changed */
function upsert(
  { document, images, entries }: Edited,
  change: EntryChange,
  defaults: Partial<EntryYaml>,
): YAMLMap {
  const { name, file } = change;
  const known = images.items.find((item): item is YAMLMap => {
    const said = saidOf(item, entries);
    return said?.name === name && (file === undefined || isFile(said.file, file));
  });
  const entry = known ?? new (yaml().YAMLMap)();
  if (!known) images.add(entry);
  for (const [key, value] of Object.entries(change))
    if (value !== undefined) setValue(document, entry, key, value);
  for (const [key, value] of Object.entries(defaults))
    if (entry.get(key) === undefined || entry.get(key) === null)
      setValue(document, entry, key, value);
  return entry;
}

/** Sets a value as its text will be read, which is where a number has its spelling. Comments and an anchor stay. */
function setValue(document: Document, entry: YAMLMap, key: string, value: unknown): void {
  const { isScalar, Scalar } = yaml();
  const known: unknown = entry.get(key, true);
  if (Array.isArray(value)) entry.set(key, document.createNode(value, { flow: true }));
  else if (!isScalar(known)) entry.set(key, writtenAs(new Scalar(value), value));
  else if (known.value !== value) writtenAs(known, value);
}

/** Gives a scalar another value, in the style of that. */
function writtenAs(scalar: Scalar, value: unknown): Scalar {
  scalar.value = value;
  scalar.source = String(value);
  for (const style of ['type', 'format', 'minFractionDigits'] as const) delete scalar[style];
  return scalar;
}

/** Whether an entry's `file` is this archive; older tools wrote paths relative to the workspace. */
function isFile(written: unknown, file: string): boolean {
  return written === file || (typeof written === 'string' && written.endsWith(`/${file}`));
}
