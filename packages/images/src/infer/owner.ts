import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path/posix';

/** The project that images belong to. */
export interface Owner {
  readonly root: string;
  readonly name: string;
  /** False where no file makes the folder a project: then nothing is attached to it. */
  readonly isProject: boolean;
}

/** Finds out what Nx will call the project at a folder. */
export function ownerOf(root: string, workspaceRoot: string): Owner {
  const project = readJson(join(workspaceRoot, root, 'project.json'));
  const manifest = readJson(join(workspaceRoot, root, 'package.json'));
  const nx = manifest?.['nx'];
  const inManifest = typeof nx === 'object' && nx !== null && 'name' in nx ? nx.name : undefined;
  const name = [project?.['name'], inManifest, manifest?.['name']].find(
    (each) => typeof each === 'string' && each !== '',
  );
  // The root's package.json makes no project unless it says so.
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
