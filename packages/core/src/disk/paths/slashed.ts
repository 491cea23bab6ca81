import { sep } from 'node:path';

/** A path with `/` as separator on every system, as in stored files and patterns. */
export function toSlashes(path: string): string {
  return path.replaceAll(sep, '/');
}
