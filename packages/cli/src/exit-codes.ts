import type { ErrorCode } from '@stowage/core';

/** The exit code for each error code; `stowage help VERB` documents them. */
export const EXIT_CODES: Readonly<Record<ErrorCode, number>> = {
  USAGE: 2,
  AMBIGUOUS: 2,
  NOT_FOUND: 3,
  CORRUPT: 4,
  INCOMPLETE: 4,
  INVALID: 4,
  TOO_LARGE: 4,
  UNSUPPORTED: 4,
  UNAUTHORIZED: 5,
  DENIED: 5,
  UNAVAILABLE: 6,
  NO_SPACE: 7,
  NAMING: 8,
  CONFLICT: 8,
};
export const EXIT_UNEXPECTED = 1;
export const EXIT_USAGE = 2;
export const EXIT_PROBLEMS = 4;
export const EXIT_INTERRUPTED = 130;

export const EXIT_MEANINGS: readonly (readonly [code: number, meaning: string])[] = [
  [0, 'done, or nothing to do'],
  [1, 'unexpected failure'],
  [2, 'usage or settings'],
  [3, 'not found'],
  [4, 'corrupt, incomplete or no image'],
  [5, 'unauthorized or denied'],
  [6, 'engine or registry not reachable'],
  [7, 'not enough space'],
  [8, 'a naming rule, or a conflict'],
  [130, 'interrupted'],
];
