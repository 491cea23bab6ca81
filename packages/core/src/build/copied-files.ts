import type { CopyYaml } from '../definition/image-schema.js';
import { contextPath, selectFiles, type ContextFile } from './context.js';

/** The files of one `copy:` entry. */
export interface CopiedFiles {
  readonly item: CopyYaml;
  /** Whether the entry copies the content of a folder, also through a link. */
  readonly isFolder: boolean;
  readonly files: readonly CopiedFile[];
}

export interface CopiedFile extends ContextFile {
  /** The name of a single file; in a folder, the path below it, empty for the folder itself. */
  readonly relative: string;
}

/** Selects what a `copy:` entry copies. @throws ImageError NOT_FOUND */
export function copiedFiles(
  item: CopyYaml,
  files: readonly ContextFile[],
  context: string,
): CopiedFiles {
  const base = contextPath(item.from);
  const selected = selectFiles(files, item.from, context);
  const isFile = selected.some(({ path, type }) => path === base && type !== 'directory');
  const start = isFile ? base.lastIndexOf('/') + 1 : base === '' ? 0 : base.length + 1;
  return {
    item,
    isFolder: !isFile,
    files: selected.map((file) => ({ ...file, relative: file.path.slice(start) })),
  };
}
