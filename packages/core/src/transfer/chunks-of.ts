import { finished, type Readable } from 'node:stream';
import type { Bytes } from './store.js';

/** A stream is paused while that much waits to be taken (bytes). */
const MAX_WAITING = 256 * 1024;

/**
 * The content of a stream in the chunks in which it arrives. The iterator of the stream itself copies all that has arrived
 * into one chunk each time. An iteration that ends early destroys the stream as that one does, or only pauses it.
 *
 * @throws errors of the stream; `ERR_STREAM_PREMATURE_CLOSE` if it is closed before its end
 */
export async function* chunksOf(
  stream: Readable,
  { destroyOnReturn = true }: { readonly destroyOnReturn?: boolean } = {},
): Bytes {
  let waiting: Uint8Array[] = [];
  let size = 0;
  let end: { readonly error?: Error | null | undefined } | undefined;
  let wake = (): void => undefined;
  const take = (chunk: Uint8Array): void => {
    waiting.push(chunk);
    size += chunk.byteLength;
    if (size >= MAX_WAITING) stream.pause();
    wake();
  };
  const cleanUp = finished(stream, { writable: false }, (error) => {
    end = { error };
    wake();
  });
  stream.on('data', take);
  try {
    for (;;) {
      if (waiting.length === 0) {
        if (end?.error) throw end.error;
        if (end) return;
        if (stream.isPaused()) stream.resume();
        await new Promise<void>((resolve) => (wake = resolve));
      }
      const chunks = waiting;
      waiting = [];
      size = 0;
      if (stream.isPaused()) stream.resume();
      yield* chunks;
    }
  } finally {
    cleanUp();
    stream.off('data', take).pause();
    if (destroyOnReturn && !end) stream.destroy();
  }
}
