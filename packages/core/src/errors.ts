/**
 * The kind of failure, for programs to branch on. The command line turns each into one exit status.
 *
 * - `USAGE`: an argument, a reference, a settings file or a definition is wrong; nothing was touched
 * - `AMBIGUOUS`: a source holds several images and none was named, or one name is the name of two
 * - `NOT_FOUND`: a file, an image, a repository, a platform or a name does not exist
 * - `CORRUPT`: content is not what its digest, its size or its record says
 * - `INCOMPLETE`: content that an image needs is missing
 * - `INVALID`: content breaks its format, or is no image archive; a step of a build failed
 * - `TOO_LARGE`: content is over a limit that the settings can raise
 * - `UNSUPPORTED`: a format, a media type or a request that this library or a registry does not know
 * - `UNAUTHORIZED`: a registry does not accept the credentials, or got none
 * - `DENIED`: the credentials are accepted, but may not do this
 * - `UNAVAILABLE`: an engine or a registry does not answer
 * - `NO_SPACE`: a disk, a quota or the bound of a registry is full
 * - `NAMING`: a name breaks the convention or the workspace's rule; the hint has the nearest valid name
 * - `CONFLICT`: something else is there already, or another process changed it
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
  readonly hint?: string;
  /** Location of the failure, as a user writes it: a path, a reference, an engine's address. */
  readonly location?: string;
  /** The end of a transfer that failed. */
  readonly side?: 'source' | 'sink';
  readonly cause?: unknown;
}

/** The longest message and hint, in characters: they may quote content from elsewhere. */
const LONGEST = 4_000;
/** How many names, and how many characters of each, one message lists. */
const SHOWN_NAMES = 10;
const SHOWN_CHARACTERS = 300;

/**
 * The only error this library throws on purpose. Branch on `code`; show `message` and `hint`; never match on their text,
 * which may change in any release. Other errors are bugs of the caller (`TypeError`), an aborted signal's reason, or
 * system errors that say all there is to say.
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
  readonly side: 'source' | 'sink' | undefined;

  constructor(code: ErrorCode, message: string, options: ImageErrorOptions = {}) {
    super(bounded(message), options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.hint = options.hint === undefined ? undefined : bounded(options.hint);
    this.location = options.location;
    this.side = options.side;
  }
}

function bounded(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** Joins names for a message; long lists are cut and counted: `a, b and 1234 more`. */
export function shortList(names: readonly string[], separator = ', '): string {
  const shown = names.slice(0, SHOWN_NAMES).map((name) => name.slice(0, SHOWN_CHARACTERS));
  const more = names.length - shown.length;
  return `${shown.join(separator)}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Content over a limit that the settings can raise. */
export function tooLarge(message: string, location?: string): ImageError {
  return new ImageError('TOO_LARGE', message, {
    hint: 'If you trust where it comes from, raise this limit in stowage.yaml (limits).',
    ...(location === undefined ? {} : { location }),
  });
}

/** The `code` of a Node.js system error (`ENOENT`, `EPIPE`, …), if it is one. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

/** What a full disk, or one that cannot hold a file so large, is to the user. */
const NO_SPACE: Readonly<Record<string, readonly [got: string, hint: string]>> = {
  ENOSPC: [
    'none',
    'Free some space (stowage prune --dry-run shows what can go) and run this again.',
  ],
  EDQUOT: [
    'no more of your quota',
    'Free some space (stowage prune --dry-run shows what can go) and run this again.',
  ],
  EFBIG: [
    'a limit on the size of one file',
    'Write the archive in parts, as with stowage copy … --split 1GB.',
  ],
};

/**
 * Turns a system error about a full disk (`ENOSPC`, `EDQUOT`, `EFBIG`) into an ImageError NO_SPACE; returns every other
 * error as it is.
 */
export function asImageError(error: unknown): unknown {
  const [got, hint] = NO_SPACE[systemCode(error) ?? ''] ?? [];
  if (error instanceof ImageError || got === undefined || hint === undefined) return error;
  const path = error instanceof Error && 'path' in error ? String(error.path) : 'disk';
  return new ImageError('NO_SPACE', `${path}: expected room on the disk, got ${got}`, {
    location: path,
    hint,
    cause: error,
  });
}
