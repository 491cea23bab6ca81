import { ImageError } from '../../errors.js';
import { folderOf, joinPath, type EntryAt } from './image-tree.js';
import type { ImageEntry } from './layer-entries.js';

/** Linux follows at most this many links in one path (`MAXSYMLINKS`), of at most this many bytes each (`PATH_MAX`). */
const MAX_LINKS = 40;
const MAX_LINK_LENGTH = 4096;

/** The end of a path in an image, after its links. */
export interface ResolvedPath {
  /** Without links: relative to the root, `''` for the root itself. */
  readonly path: string;
  /** Absent if there is nothing at the path yet. */
  readonly entry: ImageEntry | undefined;
  /** The path leads through a file, which is `path` and `entry`. */
  readonly isBlocked: boolean;
}

/**
 * Resolves a path in an image as the kernel does in a container: links are relative to their folder or to the root of the
 * image, and `..` stops at that root.
 *
 * @param options.followLast false to keep a link at the end of the path, as for a file that replaces it.
 * @throws ImageError CONFLICT (a loop of links)
 */
export function resolvePath(
  entryAt: EntryAt,
  written: string,
  { followLast = true }: { readonly followLast?: boolean } = {},
): ResolvedPath {
  // The next part is the last element, so that a link's target is added without moving the others.
  const parts = splitReversed(written);
  let path = '';
  let links = 0;
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    if (part === '..') {
      path = folderOf(path);
      continue;
    }
    const next = joinPath(path, part);
    const entry = entryAt(next);
    if (entry?.type === 'symlink' && (parts.length > 0 || followLast)) {
      if (++links > MAX_LINKS || entry.link.length > MAX_LINK_LENGTH) throw linkLoop(written, next);
      if (entry.link.startsWith('/')) path = '';
      parts.push(...splitReversed(entry.link));
      continue;
    }
    if (entry && entry.type !== 'folder' && parts.length > 0)
      return { path: next, entry, isBlocked: true };
    path = next;
  }
  return { path, entry: entryAt(path), isBlocked: false };
}

function splitReversed(path: string): string[] {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .reverse();
}

function linkLoop(written: string, link: string): ImageError {
  return new ImageError(
    'CONFLICT',
    `copy.to: ${JSON.stringify(`/${written}`)} leads to a circle of links at ${JSON.stringify(`/${link}`)}`,
    { hint: 'Choose another path for copy.to, or mend the link in the base.' },
  );
}
