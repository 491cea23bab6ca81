import type { Bytes } from '../../transfer/store.js';
import { Problem } from '../problem.js';

/** A client must send at least `MIN_BYTES` in `WINDOW_MS` of waiting. */
const WINDOW_MS = 30_000;
const MIN_BYTES = 4096;

/**
 * Passes the content of a request through and ends slow ones: a client that sends single bytes would otherwise occupy an upload slot
 * indefinitely. A client that sends nothing is ended by the server's own timeout. Time in which the registry does not read
 * is not counted.
 *
 * @throws Problem BLOB_UPLOAD_INVALID, with status 408
 */
export async function* bodyOf(content: Bytes, now: () => number = () => performance.now()): Bytes {
  let waited = 0;
  let received = 0;
  let since = now();
  for await (const chunk of content) {
    waited += now() - since;
    received += chunk.byteLength;
    if (waited > WINDOW_MS) {
      if (received < MIN_BYTES)
        throw new Problem(
          'BLOB_UPLOAD_INVALID',
          `body: too slow: ${received} bytes in ${WINDOW_MS / 1000} s, fewer than ${MIN_BYTES}`,
          { status: 408, headers: { connection: 'close' } },
        );
      waited = 0;
      received = 0;
    }
    yield chunk;
    since = now();
  }
}
