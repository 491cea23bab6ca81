import type { ImageError } from '../../errors.js';
import type { CallOptions, Bytes } from '../../transfer/store.js';

export interface RegistryRequest extends CallOptions {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** A path, or an absolute URL from a response of the registry. */
  readonly url: string;
  /** Token scope: `repository:team/app:pull,push`. */
  readonly scope: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Called again for every try. */
  readonly body?: () => Bytes | Uint8Array;
  /** Whether the chunks of a large body are lent, as those of a source that `lends`. */
  readonly lend?: boolean | undefined;
  /** Not retried: after a failure its effect on the registry is unknown. */
  readonly once?: boolean;
  /** Accepted statuses; any other status is an error. */
  readonly expected: readonly number[];
}

/** Requests that a registry has refused. */
export interface Refused {
  chunks: boolean;
  /** Chunks of more than the least size. */
  largeChunks: boolean;
  anonymousMounts: boolean;
  /** The error of its referrers API. */
  referrers?: ImageError;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Redirects that keep method and body (RFC 9110 § 15.4); the others turn a write into a read, and are not followed. */
const WRITE_REDIRECTS: ReadonlySet<number> = new Set([307, 308]);

/** Whether a redirect of this status is followed. */
export function isFollowed(method: string, status: number): boolean {
  return (method === 'GET' || method === 'HEAD' ? REDIRECTS : WRITE_REDIRECTS).has(status);
}
