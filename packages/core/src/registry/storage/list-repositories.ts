import { join, relative } from 'node:path';
import { linked } from '../../disk/links-below.js';
import { nameOfFilePath } from '../../oci/file-name.js';
import { isRepository, isTag } from '../../oci/reference.js';
import { linkFolder } from './registry-paths.js';
import { entriesIn } from '../../disk/if-there.js';
import { repositoriesFolder } from '../../store/paths.js';

export interface RepositoryFolder {
  readonly name: string;
  /** Its folders: `_manifests`, or only `_blobs` or `_uploads` so far. */
  readonly has: readonly string[];
}

/**
 * Every repository of a registry's folder. Folders with other names are passed over.
 *
 * @param links whether symbolic links are passed over, too. Whoever deletes what no repository needs must not: the
 * repository behind the link may need it.
 * @throws ImageError INVALID (a symbolic link)
 */
export async function repositoriesIn(
  root: string,
  { links = 'refuse' }: { readonly links?: 'refuse' | 'skip' } = {},
): Promise<RepositoryFolder[]> {
  const found: RepositoryFolder[] = [];
  const top = repositoriesFolder(root);
  const visit = async (folder: string): Promise<void> => {
    const all = await entriesIn(root, folder);
    const link = all.find((entry) => entry.isSymbolicLink());
    if (link && links === 'refuse') throw linked(join(folder, link.name));
    const entries = all.filter((entry) => entry.isDirectory());
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
    for (const entry of await entriesIn(root, folder)) {
      const path = join(folder, entry.name);
      const tag = nameOfFilePath(relative(top, path));
      if (entry.isFile() && isTag(tag)) found.push(tag);
      if (entry.isDirectory()) await visit(path);
    }
  };
  await visit(top);
  return found;
}
