import bytes from 'bytes';
import { ImageError, systemCode, type ErrorCode } from '../errors.js';
import type { SpaceLimit } from './hosted.js';

/** HTTP status by error code: first the codes of OCI distribution spec 1.1 (§ Error Codes), then those of this registry. */
const STATUS = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 404,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  SIZE_INVALID: 400,
  UNAUTHORIZED: 401,
  DENIED: 403,
  UNSUPPORTED: 405,
  TOOMANYREQUESTS: 429,
  TAG_INVALID: 400,
  PAGINATION_NUMBER_INVALID: 400,
  RANGE_INVALID: 416,
  TOO_LARGE: 413,
  NO_SPACE: 507,
  UNAVAILABLE: 503,
  UNKNOWN: 500,
} as const;

export type ProblemCode = keyof typeof STATUS;

export interface ProblemOptions {
  /** HTTP status; the usual status of the code when omitted. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** Messages quote client input, so they are cut at this length (characters). */
const MAX_MESSAGE_CHARACTERS = 2000;

/** An error response to a client. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ProblemCode,
    message: string,
    { status, headers = {}, cause }: ProblemOptions = {},
  ) {
    super(shorten(message), cause === undefined ? {} : { cause });
    this.code = code;
    this.status = status ?? STATUS[code];
    this.headers = headers;
  }

  /** The JSON body of the response (OCI distribution spec 1.1, § Error Codes). */
  get body(): string {
    return JSON.stringify({ errors: [{ code: this.code, message: this.message, detail: {} }] });
  }
}

const CODES: Partial<Record<ErrorCode, ProblemCode>> = {
  NO_SPACE: 'NO_SPACE',
  TOO_LARGE: 'TOO_LARGE',
  UNAVAILABLE: 'UNAVAILABLE',
  UNAUTHORIZED: 'UNAVAILABLE',
  DENIED: 'UNAVAILABLE',
};

/** Converts an error to an error response; internal details are not sent. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const code = error instanceof ImageError ? CODES[error.code] : undefined;
  if (code === 'NO_SPACE') return new Problem(code, noSpace(error), { cause: error });
  if (code === 'TOO_LARGE')
    return new Problem(code, 'content is larger than this registry accepts', { cause: error });
  if (code !== undefined) return upstreamProblem(error);
  return new Problem('UNKNOWN', 'internal error; see the log of this registry', { cause: error });
}

/** Says whose space is used up, without paths of this machine. */
function noSpace(error: unknown): string {
  const { limit, below } = ((error as Error).cause ?? {}) as Partial<SpaceLimit>;
  return limit === undefined
    ? 'the disk of this registry is full'
    : `${below ?? 'registry'} is full (its limit is ${bytes.format(limit, { unitSeparator: ' ' })})`;
}

/** Statuses of an upstream registry that clients of this one should know, with its `Retry-After`. */
const PASSED_STATUSES: Readonly<Record<number, ProblemCode>> = {
  429: 'TOOMANYREQUESTS',
  503: 'UNAVAILABLE',
};
/** `Retry-After` (RFC 9110 § 10.2.3): seconds or a date. */
const RETRY_AFTER = /^[\w ,:+-]{1,40}$/;

/** Like a gateway (RFC 9110 § 15.6): 504 when the upstream did not answer in time, 502 when it failed otherwise. */
function upstreamProblem(error: unknown): Problem {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  const { status, retryAfter } = (cause ?? {}) as { status?: unknown; retryAfter?: unknown };
  const passed = typeof status === 'number' ? PASSED_STATUSES[status] : undefined;
  if (passed)
    return new Problem(passed, 'the upstream registry asks to try again later', {
      cause: error,
      headers:
        typeof retryAfter === 'string' && RETRY_AFTER.test(retryAfter)
          ? { 'retry-after': retryAfter }
          : {},
    });
  const isLate = systemCode(cause) === 'ETIMEDOUT' || status === 504 || status === 408;
  return isLate
    ? new Problem('UNAVAILABLE', 'the upstream registry did not answer in time', {
        status: 504,
        cause: error,
      })
    : new Problem('UNAVAILABLE', 'the upstream registry failed', { status: 502, cause: error });
}

function shorten(text: string): string {
  return text.length > MAX_MESSAGE_CHARACTERS ? `${text.slice(0, MAX_MESSAGE_CHARACTERS)}…` : text;
}
