import { join, relative } from 'node:path';
import { symbolicLinkError } from '../../disk/paths/links-below.js';
import { nameOfFilePath } from '../../oci/file-name.js';
import { isRepository, isTag } from '../../oci/reference.js';
import { linkFolder } from './registry-paths.js';
import { entriesIn } from '../../disk/if-there.js';
import { repositoriesFolder } from '../../store/paths.js';

export interface RepositoryFolder {
  readonly name: string;
  /** Names of its `_` folders; without `_manifests` it is not a repository for clients yet. */
  readonly has: readonly string[];
}

/**
 * Lists every repository of a registry's folder. Folders without a valid repository name are skipped.
 *
 * @param links whether to skip symbolic links or to refuse them (default). A garbage collector must refuse them: the
 * repository behind the link may reference content.
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
    if (link && links === 'refuse') throw symbolicLinkError(join(folder, link.name));
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

/** Lists every tag of a repository of a registry's folder, unsorted. */
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
