import { option, say, verb, wording, type Wording } from './wording.js';

/**
 * The kind of failure, for programs to branch on. The command line turns each into one exit status.
 *
 * - `USAGE`: an argument, a reference, a settings file or a definition is wrong; nothing was touched
 * - `AMBIGUOUS`: a source has several images and none was chosen, or a name matches two images
 * - `NOT_FOUND`: a file, an image, a repository, a platform or a name does not exist
 * - `CORRUPT`: content does not match its digest, size or record
 * - `INCOMPLETE`: content that an image needs is missing
 * - `INVALID`: content has an invalid format or is not an image archive; a step of a build failed
 * - `TOO_LARGE`: content is over a limit that the settings can raise
 * - `UNSUPPORTED`: this library or a registry does not support a format, media type or request
 * - `UNAUTHORIZED`: a registry rejects the credentials, or needs some
 * - `DENIED`: the credentials are valid but do not permit this
 * - `UNAVAILABLE`: an engine or a registry does not answer
 * - `NO_SPACE`: a disk or a quota is full, or the size limit of a registry is reached
 * - `NAMING`: a name breaks the convention or the workspace's rule; the hint has the nearest valid name
 * - `CONFLICT`: the destination has other content, or another process changed it or holds its lock
 */
export type ErrorCode =
  | 'USAGE'
  | 'AMBIGUOUS'
  | 'NOT_FOUND'
  | 'CORRUPT'
  | 'INCOMPLETE'
  | 'INVALID'
  | 'TOO_LARGE'
  | 'UNSUPPORTED'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'UNAVAILABLE'
  | 'NO_SPACE'
  | 'NAMING'
  | 'CONFLICT';

/** Details of an error, for people and for programs. */
export interface ImageErrorOptions {
  /** Advice, as one sentence. */
  readonly hint?: string | Wording;
  /** Location of the failure, as a user writes it: a path, a reference, an engine's address. */
  readonly location?: string;
  /** The lines of files of the user that the failure is about. */
  readonly places?: readonly ErrorPlace[];
  /** The command that failed, of a build or of its tests. */
  readonly step?: string;
  readonly cause?: unknown;
}

/** A line of a file that a failure is about. */
export interface ErrorPlace {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column?: number;
  /** The message for this line. */
  readonly text: string;
}

/** How many names, and how many characters of each, one message lists. */
const MAX_LISTED_NAMES = 10;
const MAX_NAME_CHARACTERS = 300;

/**
 * The only error this library throws on purpose. Branch on `code`; show `message` and `hint`; never match on their text,
 * which may change in any release. Other errors are bugs of the caller (`TypeError`), the reason of an aborted signal, or
 * system errors, passed on unchanged.
 *
 * @example
 * try {
 *   await openArchive('./app.tar');
 * } catch (error) {
 *   if (!(error instanceof ImageError)) throw error;
 *   console.error(error.code, error.message, error.hint ?? '');
 * }
 */
export class ImageError extends Error {
  override readonly name = 'ImageError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly location: string | undefined;
  readonly places: readonly ErrorPlace[];
  readonly step: string | undefined;
  /** `message` and `hint` as parts. Options and verbs are data, so that a program can name them as its users do: see {@link say}. */
  readonly wording: { readonly message: Wording; readonly hint?: Wording };

  constructor(code: ErrorCode, message: string | Wording, options: ImageErrorOptions = {}) {
    const { hint, location, places = [], step, cause } = options;
    super(say(message), cause === undefined ? {} : { cause });
    this.code = code;
    this.hint = hint === undefined ? undefined : say(hint);
    this.location = location;
    this.places = places;
    this.step = step;
    this.wording = {
      message: wording`${message}`,
      ...(hint === undefined ? {} : { hint: wording`${hint}` }),
    };
  }
}

/** The result of some reading; undefined if that fails with an ImageError, with `codes` only one of these. */
export async function ifReadable<T>(
  read: () => Promise<T>,
  codes?: readonly ErrorCode[],
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ImageError && (codes?.includes(error.code) ?? true)) return undefined;
    throw error;
  }
}

/** The same error, with the lines of files that it is about. */
export function withPlaces(error: ImageError, places: readonly ErrorPlace[]): ImageError {
  const { code, wording: said, location } = error;
  const { message, hint } = said;
  return new ImageError(code, message, {
    places,
    cause: error,
    ...(hint === undefined ? {} : { hint }),
    ...(location === undefined ? {} : { location }),
  });
}

/** The same error, its message with the file that it is about. */
export function withPath(error: ImageError, path: string): ImageError {
  const { message, hint } = error.wording;
  return new ImageError(error.code, wording`${path}: ${message}`, {
    location: path,
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Joins names for a message; a long list is truncated and its rest counted: `a, b and 1234 more`. */
export function shortList(names: readonly string[], separator = ', '): string {
  const shown = names.slice(0, MAX_LISTED_NAMES).map((name) => name.slice(0, MAX_NAME_CHARACTERS));
  const more = names.length - shown.length;
  return `${shown.join(separator)}${more > 0 ? ` and ${more} more` : ''}`;
}

/** An error for content over a limit that the settings can raise. */
export function tooLarge(message: string, location?: string): ImageError {
  return new ImageError('TOO_LARGE', message, {
    hint: 'If you trust its source, raise this limit in stowage.yaml (limits).',
    ...(location === undefined ? {} : { location }),
  });
}

/** Whether content has a form that cannot be read; damaged, missing and too large content is none of these. */
export function isMalformed(error: unknown): error is ImageError {
  return error instanceof ImageError && (error.code === 'INVALID' || error.code === 'UNSUPPORTED');
}

/** The `code` of a Node.js system error (`ENOENT`, `EPIPE`, …), if it is one. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

/** The hint for a full disk. */
export const FREE_SPACE = wording`Free some space (${verb('prune', option('dryRun'))} shows what can be deleted) and run this again.`;

/** The text for each system error of a full disk or a too large file. */
const NO_SPACE: Readonly<Record<string, readonly [why: string, hint: Wording]>> = {
  ENOSPC: ['the disk is full', FREE_SPACE],
  EDQUOT: ['your disk quota is used up', FREE_SPACE],
  EFBIG: [
    'the file is larger than this file system allows',
    wording`Write the archive in parts, as with ${verb('copyImages', option('split', '1GB'))}.`,
  ],
};

/** The code and the text for each system error about a path that a user can meet. */
const PATH_ERRORS: Readonly<Record<string, readonly [code: ErrorCode, text: string]>> = {
  EACCES: ['DENIED', 'permission denied'],
  EBUSY: ['CONFLICT', 'in use by another program'],
  EISDIR: ['USAGE', 'this is a folder, not a file'],
  ELOOP: ['USAGE', 'a circle of symbolic links'],
  EMFILE: ['UNAVAILABLE', 'this process has too many open files'],
  ENAMETOOLONG: ['USAGE', 'the path is too long'],
  ENOENT: ['NOT_FOUND', 'no such file or folder'],
  ENOTDIR: ['USAGE', 'a part of the path is a file, not a folder'],
  EPERM: ['DENIED', 'permission denied'],
  EROFS: ['DENIED', 'the file system is read-only'],
};

/**
 * Turns a system error about a path (`ENOSPC`, `EACCES`, `EISDIR`, …) into an ImageError, for a program that shows it;
 * returns every other error unchanged.
 */
export function asImageError(error: unknown): unknown {
  const [code, text] = PATH_ERRORS[systemCode(error) ?? ''] ?? [];
  if (error instanceof ImageError || code === undefined) return asSpaceError(error);
  // An error about an open file has no path.
  const path = error instanceof Error && 'path' in error ? String(error.path) : undefined;
  return new ImageError(code, `${path ?? 'a file'}: ${text}`, {
    ...(path === undefined ? {} : { location: path }),
    cause: error,
  });
}

/**
 * Turns a system error about a full disk (`ENOSPC`, `EDQUOT`, `EFBIG`) into an ImageError NO_SPACE; returns every other
 * error unchanged.
 */
export function asSpaceError(error: unknown): unknown {
  const [why, hint] = NO_SPACE[systemCode(error) ?? ''] ?? [];
  if (error instanceof ImageError || why === undefined || hint === undefined) return error;
  const path = error instanceof Error && 'path' in error ? String(error.path) : 'disk';
  return new ImageError('NO_SPACE', `${path}: ${why}`, {
    location: path,
    hint,
    cause: error,
  });
}
