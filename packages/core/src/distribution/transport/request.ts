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
  /** Not retried: after a failure its effect on the registry is unknown. */
  readonly once?: boolean;
  /** Accepted statuses; any other status is an error. */
  readonly expected: readonly number[];
}

/** Requests that a registry has refused. */
export interface Refused {
  chunks: boolean;
  anonymousMounts: boolean;
  /** The error of its referrers API. */
  referrers?: ImageError;
}
