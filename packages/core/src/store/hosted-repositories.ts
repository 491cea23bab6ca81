import { join } from 'node:path';
import { nameOfFile } from '../oci/file-name.js';
import { linkFolder } from './hosted-paths.js';
import { namesIn } from './links.js';
import { repositoriesFolder } from './paths.js';

export interface RepositoryFolder {
  readonly name: string;
  /** What it has: `_manifests`, or only `_blobs` or `_uploads` so far. */
  readonly has: readonly string[];
}

/** Every repository of a registry's folder. */
export async function repositoriesIn(root: string): Promise<RepositoryFolder[]> {
  const found: RepositoryFolder[] = [];
  const visit = async (folder: string, name: string): Promise<void> => {
    const entries = await namesIn(folder);
    const has = entries.filter((entry) => entry.startsWith('_'));
    if (has.length > 0) found.push({ name, has });
    for (const entry of entries)
      if (!entry.startsWith('_'))
        await visit(join(folder, entry), `${name === '' ? '' : `${name}/`}${nameOfFile(entry)}`);
  };
  await visit(repositoriesFolder(root), '');
  return found;
}

/** Every tag of a repository of a registry's folder. */
export async function tagsIn(root: string, repository: string): Promise<string[]> {
  return (await namesIn(linkFolder(root, repository, '_tags'))).map(nameOfFile);
}
