import { createReadStream } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { ImageListOptions } from '../../definition/image-list/image-list.js';
import type { ListedImage } from '../../definition/image-list/list-content.js';
import { ignoreMissing, isMissing } from '../../disk/if-there.js';
import { isBelow } from '../../disk/paths/inside.js';
import { DOCUMENT_LIMIT, readUpTo } from '../../disk/paths/own-file.js';
import { ImageError } from '../../errors.js';
import type { Bytes } from '../../transfer/store.js';
import { readUnlessOver } from '../../transfer/verified.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Environment } from '../../surroundings.js';
import type { Workspace } from '../workspace/workspace.js';

/** Options for reading lists of images. */
export interface ListedImagesOptions extends Pick<VerbOptions, 'onEvent' | 'signal'> {
  /** A relative path starts here. */
  readonly cwd: string;
  /** Opens standard input, for `-`. */
  readonly stdin: () => Bytes;
}

/** Limit for a list, and for all files of a folder together (bytes): well above any rendered set. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Limit for the files of a folder. */
const MAX_FILES = 10_000;

/**
 * Lists the images that files name, each once: Kubernetes manifests, Compose files, lists of references, `images.yaml` of
 * mindthegap, manifests of hauler. The content tells the kind. Variables of a Compose file come from the environment and
 * from `.env` beside it. Parts that add no image give notices.
 *
 * @param paths files, folders (their `*.yaml` and `*.yml`, at any depth), or `-` for standard input.
 * @throws ImageError NOT_FOUND; INVALID (a template, not YAML, an unknown kind, not a reference); TOO_LARGE
 */
export async function listedImages(
  workspace: Workspace,
  paths: readonly string[],
  options: ListedImagesOptions,
): Promise<ListedImage[]> {
  if (paths.length === 0) return [];
  // Loaded on demand: most commands read no such file.
  const { parseImageList } = await import('../../definition/image-list/image-list.js');
  const images = new Map<string, ListedImage>();
  const { env } = workspace.surroundings;
  let last: { readonly folder: string | undefined; readonly variables: Environment } | undefined;
  for (const path of paths) {
    for await (const list of listsIn(path, options)) {
      options.signal?.throwIfAborted();
      const { file, folder, skipUnknown } = list;
      // Files of one folder follow each other, and share its `.env`.
      if (last?.folder !== folder || !last)
        last = { folder, variables: { ...(await dotEnv(folder)), ...env } };
      const found = parseImageList(file, { variables: last.variables, skipUnknown });
      for (const text of found.notices) options.onEvent?.({ type: 'notice', text });
      for (const image of found.images) {
        const usedBy = new Set([...(images.get(image.reference)?.usedBy ?? []), ...image.usedBy]);
        images.set(image.reference, {
          ...image,
          ...images.get(image.reference),
          usedBy: [...usedBy],
        });
      }
    }
  }
  return [...images.values()];
}

interface List extends Pick<ImageListOptions, 'skipUnknown'> {
  readonly file: { readonly text: string; readonly path: string };
  /** The folder that may have a `.env`; undefined for standard input. */
  readonly folder: string | undefined;
}

async function* listsIn(path: string, options: ListedImagesOptions): AsyncGenerator<List> {
  const { cwd, stdin } = options;
  if (path === '-') {
    yield { file: { text: await textOf(stdin(), path, MAX_BYTES), path }, folder: undefined };
    return;
  }
  const absolute = resolve(cwd, path);
  if (await isFolder(absolute, path)) yield* listsInFolder(absolute, path, options);
  else {
    const text = await textOf(createReadStream(absolute), path, MAX_BYTES);
    yield { file: { text, path }, folder: dirname(absolute) };
  }
}

/** Reads the YAML files of a folder. */
async function* listsInFolder(
  folder: string,
  path: string,
  { onEvent }: ListedImagesOptions,
): AsyncGenerator<List> {
  const skipLink = (link: string) =>
    onEvent?.({ type: 'notice', text: `${shown(link)}: a symbolic link out of ${path}: skipped` });
  const shown = (file: string) => join(path, relative(folder, file));
  let count = 0;
  let left = MAX_BYTES;
  for await (const file of yamlFilesIn(folder, { root: await realpath(folder), skipLink })) {
    if (++count > MAX_FILES)
      throw new ImageError('TOO_LARGE', `${path}: more than ${MAX_FILES} files`, {
        location: path,
      });
    const text = await textOf(createReadStream(file), shown(file), left);
    left -= Buffer.byteLength(text);
    yield { file: { text, path: shown(file) }, folder: dirname(file), skipUnknown: true };
  }
}

interface LinkOptions {
  /** Links that lead out of this folder are not followed. */
  readonly root: string;
  readonly skipLink: (link: string) => void;
}

/**
 * Finds the YAML files of a folder at any depth, sorted, without hidden folders and `node_modules`. Links to files are
 * followed inside the root; links to folders are not, as the folders are found by themselves.
 */
async function* yamlFilesIn(folder: string, options: LinkOptions): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = join(folder, entry.name);
    const isYaml = /\.ya?ml$/i.test(entry.name);
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    if (entry.isDirectory()) yield* yamlFilesIn(file, options);
    else if (entry.isFile() && isYaml) yield file;
    else if (entry.isSymbolicLink()) {
      const info = await ignoreMissing(() => stat(file));
      const isWanted = info?.isDirectory() === true || (info?.isFile() === true && isYaml);
      if (!isWanted) continue;
      if (!isBelow(options.root, await realpath(file))) options.skipLink(file);
      else if (info.isFile()) yield file;
    }
  }
}

async function isFolder(absolute: string, path: string): Promise<boolean> {
  try {
    return (await stat(absolute)).isDirectory();
  } catch (cause) {
    if (!isMissing(cause)) throw cause;
    throw new ImageError('NOT_FOUND', `${path}: no such file`, {
      location: path,
      cause,
    });
  }
}

async function textOf(bytes: Bytes, path: string, limit: number): Promise<string> {
  const tooMuch = () =>
    new ImageError('TOO_LARGE', `${path}: more than ${MAX_BYTES} bytes in all`, {
      location: path,
    });
  return (await readUnlessOver(limit, bytes, tooMuch)).toString();
}

/** The variables that Compose reads from the folder of a file. */
async function dotEnv(folder: string | undefined): Promise<NodeJS.Dict<string>> {
  const bytes =
    folder === undefined ? undefined : await readUpTo(join(folder, '.env'), DOCUMENT_LIMIT);
  return parseEnv(bytes?.toString() ?? '');
}
