import type { Document, YAMLMap, YAMLSeq } from 'yaml';
import { yaml } from '../definition/libraries.js';
import { readYamlDocument, schemaOf } from '../definition/read-yaml.js';
import { catalogSchema, type CatalogYaml, type EntryYaml } from './entry.js';

/** A change of one entry; omitted keys keep their values. */
export type EntryChange = Pick<EntryYaml, 'name'> & Partial<EntryYaml>;

export interface CatalogEdit {
  readonly upsert?: readonly EntryChange[];
  /** Values for keys that an upserted entry lacks, for example `created`. */
  readonly defaults?: Partial<EntryYaml>;
  /** Values of `file` whose entries are removed. */
  readonly removeFiles?: readonly string[];
}

/** Longest catalog in characters; 100,000 entries take less. */
const MAX_CATALOG_CHARACTERS = 64 * 1024 * 1024;
const schema = schemaOf<CatalogYaml>(catalogSchema);
const CATALOG_HEADER =
  ' The index of image archives, kept by Stowage. Comments and order are kept.';

/** Parses the entries of a catalog; `path` is shown in messages. @throws ImageError USAGE, with line and column */
export function parseCatalog(text: string, path: string): readonly EntryYaml[] {
  return readYamlDocument({ text, path, limit: MAX_CATALOG_CHARACTERS }, schema).value.images ?? [];
}

/**
 * Applies an edit to the text of a catalog; comments, order and keys of other tools are kept.
 *
 * @throws ImageError USAGE
 */
export function editCatalog(text: string, path: string, edit: CatalogEdit): string {
  const document =
    text.trim() === ''
      ? emptyCatalog()
      : readYamlDocument({ text, path, limit: MAX_CATALOG_CHARACTERS }, schema).document;
  const images = imagesOf(document);
  for (const file of edit.removeFiles ?? []) {
    images.items = images.items.filter(
      (item) => !(yaml().isMap(item) && isFile(item.get('file'), file)),
    );
  }
  for (const change of edit.upsert ?? []) upsert(document, images, change, edit.defaults ?? {});
  return document.toString({ lineWidth: 0 });
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
  document.set('images', images);
  return images;
}

function upsert(
  document: Document,
  images: YAMLSeq,
  change: EntryChange,
  defaults: Partial<EntryYaml>,
): void {
  const { name, file } = change;
  const known = images.items.find(
    (item): item is YAMLMap =>
      yaml().isMap(item) &&
      item.get('name') === name &&
      (file === undefined || isFile(item.get('file'), file)),
  );
  const entry = known ?? new (yaml().YAMLMap)();
  if (!known) images.add(entry);
  for (const [key, value] of Object.entries(change)) {
    const flow = Array.isArray(value);
    if (value !== undefined) entry.set(key, flow ? document.createNode(value, { flow }) : value);
  }
  for (const [key, value] of Object.entries(defaults)) if (!entry.has(key)) entry.set(key, value);
}

/** Whether an entry's `file` is this archive; older tools wrote paths relative to the workspace. */
function isFile(written: unknown, file: string): boolean {
  return written === file || (typeof written === 'string' && written.endsWith(`/${file}`));
}
