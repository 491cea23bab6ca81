import type { CopyYaml } from '../../definition/image-schema.js';
import { contextPath, selectFiles } from './context.js';
import type { ContextFile } from '../source-files/context-file.js';

/** The files of one `copy:` entry. */
export interface CopiedFiles {
  readonly item: CopyYaml;
  /** Whether the entry copies the content of a folder, also through a link. */
  readonly isFolder: boolean;
  readonly files: readonly ContextFile[];
  /** The name of a single file; in a folder, the path of a file below it, empty for the folder itself. */
  readonly nameOf: (file: ContextFile) => string;
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
  return { item, isFolder: !isFile, files: selected, nameOf: ({ path }) => path.slice(start) };
}
