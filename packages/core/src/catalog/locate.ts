import { lstatSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { isBelow } from '../disk/paths/inside.js';
import { isMissing } from '../disk/if-there.js';
import { systemCode } from '../errors.js';

/** The folders of a workspace's catalog; absolute paths. */
export interface CatalogPlace {
  readonly workspace: string;
  /** Holds the catalog and, in one folder for each project, the archives. */
  readonly folder: string;
  /** Contains files of this workspace that may be deleted at any time, such as the derived index. */
  readonly state: string;
  /**
   * Holds the journal of uses and the locks: the same folder for all workspaces that share `folder`. `state` when
   * omitted.
   */
  readonly sharedState?: string | undefined;
  /** Whether the workspace has a share: then a record without its archive is no fault. */
  readonly isShared?: boolean;
  /** Folders outside the workspace from which the catalog may name archives. */
  readonly archives?: readonly string[];
}

/**
 * The archive that an entry's `file` names. `own`: below the folder of archives, so it may be replaced and deleted.
 * `readable`: elsewhere in the workspace or in an allowed folder (`CatalogPlace.archives`), so it may only be read.
 * `elsewhere`: it may not be read. `size` is in bytes.
 */
export type ArchiveLocation =
  | { readonly kind: 'own' | 'readable'; readonly path: string; readonly size: number }
  | { readonly kind: 'elsewhere'; readonly path: string };

/**
 * Creates a function that finds an entry's archive: relative to the catalog, else to the workspace. Its kind depends on
 * the real path, with symbolic links resolved.
 *
 * @returns a function that returns undefined when there is no such file
 */
export function createLocator(place: CatalogPlace): (file: string) => ArchiveLocation | undefined {
  const folder = realIfThere(place.folder);
  const readable = [place.workspace, ...(place.archives ?? [])].flatMap((each) => {
    const real = realIfThere(each);
    return real === undefined ? [] : [real];
  });
  return (file) => {
    const paths = isAbsolute(file)
      ? [file]
      : [join(place.folder, file), join(place.workspace, file)];
    const found = paths.flatMap((path) => locateAt(path) ?? []);
    return found.find(({ kind }) => kind !== 'elsewhere') ?? found[0];
  };

  function locateAt(path: string): ArchiveLocation | undefined {
    const info = statIfThere(path);
    const real = info && realIfThere(path);
    if (!info || real === undefined) return undefined;
    // A symbolic link is not `own`: deleting it frees no space, and its target may belong to another program.
    const isFile = info.isFile() && !lstatSync(path).isSymbolicLink();
    const isOwn = isFile && folder !== undefined && isBelow(folder, real);
    if (isOwn && isBelow(place.folder, path)) return { kind: 'own', path, size: info.size };
    const all = folder === undefined ? readable : [folder, ...readable];
    return all.some((each) => isBelow(each, real))
      ? { kind: 'readable', path, size: info.size }
      : { kind: 'elsewhere', path };
  }
}

/** Further errors that mean that no such file can be read, such as those of paths that no file can have. */
const ABSENT_CODES: ReadonlySet<string> = new Set([
  'EACCES',
  'ENAMETOOLONG',
  'ERR_INVALID_ARG_VALUE',
]);

/** Synchronous: there may be 20,000 files, and a promise for each would cost more than the call. */
function statIfThere(path: string) {
  return unlessAbsent(() => statSync(path));
}

function realIfThere(path: string): string | undefined {
  return unlessAbsent(() => realpathSync.native(path));
}

function unlessAbsent<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (isMissing(error) || ABSENT_CODES.has(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}
