import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path/posix';
import {
  LOCK_FILE,
  parseDefinition,
  parseLock,
  type BaseLock,
  type Definition,
  type YamlFile,
} from '@stowage/core/definition';
import type { Owner, Owners } from './owner.js';
import { parseCacheOf } from './parse-cache.js';

/** A definition in the project graph: one for each image.yaml, even an invalid one. */
export interface Image {
  /** `image.yaml`, relative to the workspace. */
  readonly file: string;
  /** Its folder: the root of the image's own project. */
  readonly root: string;
  /** Name of the project: the image's name, or one derived from the path if the definition is invalid. */
  readonly name: string;
  readonly owner: Owner;
  /** Absent when the file is invalid; its targets exist, and running one prints the error. */
  readonly definition?: Definition;
  /** The lock of an outside base, if there is one. */
  readonly lock?: BaseLock;
}

/** Reads all definitions of a workspace in one pass. Two images of one name both get names derived from their paths. */
export function readImages(
  files: readonly string[],
  workspaceRoot: string,
  owners: Owners,
): Image[] {
  const cache = parseCacheOf(workspaceRoot);
  const read = <T extends object>(file: string, parse: (given: YamlFile) => T): T | undefined => {
    const text = textOf(join(workspaceRoot, file));
    return text === undefined
      ? undefined
      : cache.parse(file, text, () => parse({ text, path: file }));
  };
  const images = files.map((file): Image => {
    const root = dirname(file);
    const definition = read(file, parseDefinition);
    // An invalid lock becomes no node of the graph; the executor reports the error.
    const lock = read(join(root, LOCK_FILE), parseLock);
    return {
      file,
      root,
      owner: ownerOf(root, definition, owners),
      name: definition?.name ?? nameFromPath(root),
      ...(definition ? { definition } : {}),
      ...(lock ? { lock } : {}),
    };
  });
  cache.save();
  const count = new Map<string, number>();
  for (const { name } of images) count.set(name, (count.get(name) ?? 0) + 1);
  return images.map((image) =>
    count.get(image.name) === 1 ? image : { ...image, name: image.root.replaceAll('/', '-') },
  );
}

/** The project that `owner:` names, else the nearest one above the folder `images`. */
function ownerOf(root: string, definition: Definition | undefined, owners: Owners): Owner {
  if (definition?.owner === undefined) return owners.find(dirname(dirname(root)));
  const folder = join(root, definition.owner);
  return owners.at(folder) ?? { root: folder, isProject: false };
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function nameFromPath(root: string): string {
  const above = basename(dirname(dirname(root)));
  return `${above === '.' ? 'workspace' : above}-${basename(root)}`;
}
