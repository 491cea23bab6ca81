import type { IncomingMessage } from 'node:http';
import type { Bytes } from '../../transfer/store.js';
import { Problem } from '../problem.js';

/** After so long of waiting for the client (ms), at least this much (bytes) must have come. */
const WINDOW = 30_000;
const LEAST = 4096;

/**
 * The body of a request, as long as it moves: a client that sends a byte now and then would hold its place in the gate
 * for ever. A client that sends nothing at all is the server's own time limit to end. Time in which the registry does
 * not read is not counted.
 *
 * @throws Problem BLOB_UPLOAD_INVALID, with status 408
 */
export async function* bodyOf(
  request: IncomingMessage,
  now: () => number = () => performance.now(),
): Bytes {
  let waited = 0;
  let received = 0;
  let since = now();
  // Not destroyed on failure: its connection still carries the answer.
  for await (const chunk of request.iterator({
    destroyOnReturn: false,
  }) as AsyncIterable<Uint8Array>) {
    waited += now() - since;
    received += chunk.byteLength;
    if (waited > WINDOW) {
      if (received < LEAST)
        throw new Problem(
          'BLOB_UPLOAD_INVALID',
          `body: expected at least ${LEAST} bytes in ${WINDOW / 1000} s, got ${received}`,
          { status: 408, headers: { connection: 'close' } },
        );
      waited = 0;
      received = 0;
    }
    yield chunk;
    since = now();
  }
}
