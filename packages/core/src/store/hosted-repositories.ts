import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { nameOfFilePath } from '../oci/file-name.js';
import { isRepository, isTag } from '../oci/reference.js';
import { linkFolder } from './hosted-paths.js';
import { unlessAbsent } from './links.js';
import { repositoriesFolder } from './paths.js';

export interface RepositoryFolder {
  readonly name: string;
  /** Its folders: `_manifests`, or only `_blobs` or `_uploads` so far. */
  readonly has: readonly string[];
}

/** Every repository of a registry's folder. Folders with other names, and symbolic links, are passed over. */
export async function repositoriesIn(root: string): Promise<RepositoryFolder[]> {
  const found: RepositoryFolder[] = [];
  const top = repositoriesFolder(root);
  const visit = async (folder: string): Promise<void> => {
    const entries = (await entriesIn(folder)).filter((entry) => entry.isDirectory());
    const has = entries.flatMap(({ name }) => (name.startsWith('_') ? [name] : []));
    const name = nameOfFilePath(relative(top, folder));
    if (has.length > 0 && isRepository(name)) found.push({ name, has });
    for (const entry of entries)
      if (!entry.name.startsWith('_')) await visit(join(folder, entry.name));
  };
  await visit(top);
  return found;
}

/** Every tag of a repository of a registry's folder. */
export async function tagsIn(root: string, repository: string): Promise<string[]> {
  const found: string[] = [];
  const top = linkFolder(root, repository, '_tags');
  const visit = async (folder: string): Promise<void> => {
    for (const entry of await entriesIn(folder)) {
      const path = join(folder, entry.name);
      const tag = nameOfFilePath(relative(top, path));
      if (entry.isFile() && isTag(tag)) found.push(tag);
      if (entry.isDirectory()) await visit(path);
    }
  };
  await visit(top);
  return found;
}

async function entriesIn(folder: string) {
  return (await unlessAbsent(() => readdir(folder, { withFileTypes: true }))) ?? [];
}
