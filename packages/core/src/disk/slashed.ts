import { sep } from 'node:path';

/** A path as it is written in files and patterns: with `/`, also where the system's separator is another. */
export function slashed(path: string): string {
  return path.replaceAll(sep, '/');
}
