import { readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import { isObject, readJsonObject } from './json.js';
import type { IsMarker } from './markers.js';

/** The project that images belong to. */
export interface Owner {
  /** Relative to the workspace. */
  readonly root: string;
  /** Absent if only the plugin that infers the project knows it. */
  readonly name?: string;
  /** False if nothing makes the folder, or one above it, a project; the images have no owner's targets then. */
  readonly isProject: boolean;
}

export interface OwnerOptions {
  readonly workspaceRoot: string;
  readonly isMarker: IsMarker;
  /** Whether the `package.json` of a folder makes it a project. */
  readonly isPackage: (root: string) => boolean;
}

/** Finds owners; every folder is read once. */
export class Owners {
  readonly #options: OwnerOptions;
  readonly #projects = new Map<string, Owner | undefined>();

  constructor(options: OwnerOptions) {
    this.#options = options;
  }

  /** The nearest project at a folder or above it. */
  find(folder: string): Owner {
    for (let at = normalize(folder); ; at = dirname(at)) {
      const found = this.at(at);
      if (found) return found;
      if (at === '.' || at === '/' || at.startsWith('..'))
        return { root: folder, isProject: false };
    }
  }

  /** The project at a folder. */
  at(root: string): Owner | undefined {
    if (!this.#projects.has(root)) this.#projects.set(root, this.#read(root));
    return this.#projects.get(root);
  }

  #read(root: string): Owner | undefined {
    const { workspaceRoot, isMarker, isPackage } = this.#options;
    const files = namesIn(join(workspaceRoot, root));
    const read = (name: string) =>
      files.includes(name) ? readJsonObject(join(workspaceRoot, root, name)) : undefined;
    const project = read('project.json');
    const manifest = read('package.json');
    const isProject =
      project !== undefined ||
      (manifest !== undefined && isPackage(root)) ||
      files.some((name) => isMarker(root, name));
    if (!isProject) return undefined;
    const nx = manifest?.['nx'];
    const name = [
      project?.['name'],
      isObject(nx) ? nx['name'] : undefined,
      manifest?.['name'],
    ].find((each): each is string => typeof each === 'string' && each !== '');
    return { root, isProject, ...(name === undefined ? {} : { name }) };
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
