import { tooLarge } from '../../errors.js';
import { DEFAULT_LIMITS } from '../../oci/limits.js';
import type { Source } from '../../transfer/store.js';
import {
  readLayerEntries,
  type BaseLayer,
  type ImageEntry,
  type LayerEntriesOptions,
} from './layer-entries.js';

/** The entry at a path; undefined if there is none. The path has no links, `.` or `..`, and no `/` at either end. */
export type EntryAt = (path: string) => ImageEntry | undefined;

/** Prefix of a whiteout: it hides the entry of that name in lower layers (OCI image spec 1.1, layer.md § Whiteouts). */
export const WHITEOUT = '.wh.';
/** Hides everything that lower layers have in its folder. */
const OPAQUE = '.wh..wh..opq';

/** Total length of all paths and links of an image, as a multiple of the longest allowed name (`Limits.headerBytes`). */
const MAX_LONG_NAMES = 32;

/** One layer by path. */
interface LayerTree {
  readonly entries: ReadonlyMap<string, ImageEntry>;
  /** Folders of entries that have no entry themselves. */
  readonly implied: ReadonlySet<string>;
  /** Paths that lower layers no longer show, with all below them. */
  readonly hidden: ReadonlySet<string>;
  /** Folders of which lower layers show nothing but the folder. */
  readonly opaque: ReadonlySet<string>;
}

/**
 * Reads the entries of all layers, lowest first, and merges them as an engine does when it stacks the layers.
 *
 * @throws ImageError as {@link readLayerEntries}
 */
export async function readImageTree(
  source: Source,
  layers: readonly BaseLayer[],
  options: LayerEntriesOptions,
): Promise<EntryAt> {
  const { members, headerBytes } = source.limits ?? DEFAULT_LIMITS;
  const trees: LayerTree[] = [];
  let [count, length] = [0, 0];
  for (const layer of layers) {
    const entries = await readLayerEntries(source, layer, options);
    for (const { path, link } of entries) length += path.length + link.length;
    if (length > MAX_LONG_NAMES * headerBytes)
      throw tooLarge(
        `${source.location}: more than ${MAX_LONG_NAMES * headerBytes} characters of names in the base`,
        source.location,
      );
    const tree = layerTree(entries, members - count);
    if (!tree)
      throw tooLarge(
        `${source.location}: more than ${members} files and folders in the base`,
        source.location,
      );
    count += entries.length + tree.implied.size;
    trees.unshift(tree);
  }
  return mergeTrees(trees);
}

function mergeTrees(layers: readonly LayerTree[]): EntryAt {
  const known = new Map<string, ImageEntry | undefined>();
  return (path) => {
    if (known.has(path)) return known.get(path);
    const entry = findEntry(layers, path);
    known.set(path, entry);
    return entry;
  };
}

/** @param layers the highest first. */
function findEntry(layers: readonly LayerTree[], path: string): ImageEntry | undefined {
  let isImplied = path === '';
  for (const layer of layers) {
    const entry = layer.entries.get(path);
    if (entry) return entry;
    isImplied ||= layer.implied.has(path);
    if (hides(layer, path)) break;
  }
  return isImplied ? impliedFolder(path) : undefined;
}

/** A folder without an entry, as an engine creates it. */
export function impliedFolder(path: string): ImageEntry {
  return { path, type: 'folder', mode: 0o755, uid: 0, gid: 0, link: '' };
}

function hides({ entries, hidden, opaque }: LayerTree, path: string): boolean {
  if (hidden.has(path)) return true;
  return foldersOf(path).some((folder) => {
    const entry = entries.get(folder);
    return hidden.has(folder) || opaque.has(folder) || (entry && entry.type !== 'folder');
  });
}

/** Undefined over a number of entries and folders. */
function layerTree(all: readonly ImageEntry[], most: number): LayerTree | undefined {
  const entries = new Map<string, ImageEntry>();
  const implied = new Set<string>();
  const hidden = new Set<string>();
  const opaque = new Set<string>();
  for (const entry of all) {
    const slash = entry.path.lastIndexOf('/');
    const [folder, name] = [entry.path.slice(0, Math.max(slash, 0)), entry.path.slice(slash + 1)];
    if (name === OPAQUE) opaque.add(folder);
    else if (name.startsWith(WHITEOUT)) hidden.add(joinPath(folder, name.slice(WHITEOUT.length)));
    else entries.set(entry.path, entry);
    if (!name.startsWith(WHITEOUT)) addFolders(implied, folder);
    if (all.length + implied.size > most) return undefined;
  }
  return { entries, implied, hidden, opaque };
}

/** Adds a folder and those above it; those above a known one were added with it. */
function addFolders(folders: Set<string>, folder: string): void {
  for (let at = folder; at !== '' && !folders.has(at); at = folderOf(at)) folders.add(at);
}

/** All folders above a path, from the root (`''`) down. */
export function foldersOf(path: string): string[] {
  const folders: string[] = [];
  for (let at = path; at !== ''; ) folders.unshift((at = folderOf(at)));
  return folders;
}

/** The folder of a path; `''` is the root. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

export function joinPath(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}
