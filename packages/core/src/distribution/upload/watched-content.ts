import type { Bytes, Open } from '../../transfer/store.js';

/** Content to send, whose own failures are told apart from those of the registry that gets it. */
export interface WatchedContent {
  readonly open: Open;
  /** @throws the error of the content, if it failed. */
  readonly rethrow: () => void;
}

/** Watches content for errors while it is opened and read: lent where it can be, as `sendRequest` takes it. */
export function watchContent(given: Open): WatchedContent {
  const open = given.lent ?? given;
  let failure: { readonly error: unknown } | undefined;
  async function* watched(start?: number): Bytes {
    let chunks: AsyncIterator<Uint8Array> | undefined;
    // A consumer that fails throws into this generator, too, so only the reads are watched.
    const read = async (): Promise<IteratorResult<Uint8Array>> => {
      try {
        chunks ??= open(start)[Symbol.asyncIterator]();
        return await chunks.next();
      } catch (error) {
        failure ??= { error };
        throw error;
      }
    };
    try {
      for (let next = await read(); next.done !== true; next = await read()) yield next.value;
    } finally {
      await chunks?.return?.();
    }
  }
  return {
    open: watched,
    rethrow: () => {
      if (failure) throw failure.error;
    },
  };
}
