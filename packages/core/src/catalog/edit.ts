import type { Document, YAMLMap, YAMLSeq } from 'yaml';
import { yaml } from '../definition/libraries.js';
import { walkTree } from '../definition/read-yaml.js';
import type { EntryYaml } from './entry.js';
import { keepTexts } from './kept-text.js';
import { readCatalogTree, type EntryProblem } from './read-entries.js';

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

/** Parses the entries of a catalog; `path` is shown in messages. @throws ImageError USAGE, with line and column */
export function parseCatalog(text: string, path: string): CatalogContent {
  const { items } = readCatalogTree(text, path);
  return {
    entries: items.flatMap((item) => ('entry' in item ? [item.entry] : [])),
    problems: items.flatMap((item) => ('problem' in item ? [item.problem] : [])),
  };
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
  if (text.trim() === '') {
    const edit = (...changes: readonly CatalogEdit[]) =>
      apply(emptyCatalog(), new Map(), changes).toString(FORMAT);
    return { entries: [], edit };
  }
  const { document, items } = readCatalogTree(text, path);
  const entries = new Map(
    items.flatMap((item) => ('entry' in item ? [[item.node, item.entry] as const] : [])),
  );
  return {
    entries: [...entries.values()],
    edit: (...changes) => {
      const kept = keepTexts(document, text, items);
      const edited = apply(document, entries, changes);
      return kept.restore(walkTree(() => edited.toString({ ...FORMAT, ...kept.format }), path));
    },
  };
}

const FORMAT = { lineWidth: 0 } as const;

function apply(
  document: Document,
  entries: ReadonlyMap<unknown, EntryYaml>,
  edits: readonly CatalogEdit[],
): Document {
  const images = imagesOf(document);
  for (const { removeFiles = [], upsert: changes = [], defaults = {} } of edits) {
    for (const file of removeFiles)
      images.items = images.items.filter((item) => !isFile(saidOf(item, entries)?.file, file));
    for (const change of changes) upsert({ document, images, entries }, change, defaults);
  }
  return document;
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

function upsert(
  { document, images, entries }: Edited,
  change: EntryChange,
  defaults: Partial<EntryYaml>,
): void {
  const { name, file } = change;
  const known = images.items.find((item): item is YAMLMap => {
    const said = saidOf(item, entries);
    return said?.name === name && (file === undefined || isFile(said.file, file));
  });
  const entry = known ?? new (yaml().YAMLMap)();
  if (!known) images.add(entry);
  for (const [key, value] of Object.entries(change)) {
    const flow = Array.isArray(value);
    if (value !== undefined) entry.set(key, flow ? document.createNode(value, { flow }) : value);
  }
  for (const [key, value] of Object.entries(defaults))
    if (entry.get(key) === undefined || entry.get(key) === null) entry.set(key, value);
}

/** Whether an entry's `file` is this archive; older tools wrote paths relative to the workspace. */
function isFile(written: unknown, file: string): boolean {
  return written === file || (typeof written === 'string' && written.endsWith(`/${file}`));
}
