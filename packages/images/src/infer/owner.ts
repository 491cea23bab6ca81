import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path/posix';

/** The project that images belong to. */
export interface Owner {
  readonly root: string;
  readonly name: string;
  /** False if neither project.json nor package.json makes the folder a project; it gets no targets then. */
  readonly isProject: boolean;
}

/** Finds the name that Nx gives the project at a folder. */
export function ownerOf(root: string, workspaceRoot: string): Owner {
  const project = readJson(join(workspaceRoot, root, 'project.json'));
  const manifest = readJson(join(workspaceRoot, root, 'package.json'));
  const nx = manifest?.['nx'];
  const inManifest = typeof nx === 'object' && nx !== null && 'name' in nx ? nx.name : undefined;
  const name = [project?.['name'], inManifest, manifest?.['name']].find(
    (each) => typeof each === 'string' && each !== '',
  );
  // The root's package.json makes a project only with an `nx` key.
  const isProject =
    project !== undefined || (manifest !== undefined && (root !== '.' || nx !== undefined));
  return { root, isProject, name: typeof name === 'string' ? name : basename(root) };
}

function readJson(path: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
