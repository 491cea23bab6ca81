import pLimit from 'p-limit';
import type { Bytes, CallOptions } from '../../transfer/store.js';

/** Requests of a client that wait for an answer at once, besides uploads. */
const REQUESTS_AT_ONCE = 16;
/** Uploads of a client at once. They have a bound of their own: their content may come from another request to the registry. */
const UPLOADS_AT_ONCE = 8;

/** Bounds how many requests of a client wait for their answers at once; the content of an answer does not count. */
export class RequestLimits {
  readonly #requests = pLimit(REQUESTS_AT_ONCE);
  readonly #uploads = pLimit(UPLOADS_AT_ONCE);

  /** Sends a request when its turn comes. @throws the reason of an abort; errors of `send` */
  run<T>(
    { body, signal }: CallOptions & { readonly body?: Bytes | Uint8Array | string | undefined },
    send: () => Promise<T>,
  ): Promise<T> {
    const isUpload = typeof body === 'object' && !(body instanceof Uint8Array);
    const limit = isUpload ? this.#uploads : this.#requests;
    return limit(() => {
      signal?.throwIfAborted();
      return send();
    });
  }
}
