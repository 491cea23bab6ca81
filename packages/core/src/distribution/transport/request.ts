import type { CallOptions, Bytes } from '../../transfer/store.js';

export interface RegistryRequest extends CallOptions {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** A path, or a whole URL that the registry gave. */
  readonly url: string;
  /** What it is for: `repository:team/app:pull,push`. */
  readonly scope: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Opened anew for every try. */
  readonly body?: () => Bytes | Uint8Array;
  /** Not to be sent again when it fails: what it changes there cannot be known then. */
  readonly once?: boolean;
  /** Statuses that are an answer; all others are errors. */
  readonly expected: readonly number[];
}
