import type { CallOptions } from './store.js';

interface Running<T> {
  readonly result: Promise<T>;
  readonly stop: AbortController;
  waiting: number;
}

/** Runs work once for all concurrent callers with the same key; it is cancelled when the last caller aborts. */
export class SharedWork<T> implements AsyncDisposable {
  readonly #running = new Map<string, Running<T>>();
  /** Includes cancelled work that has not ended yet, so that disposal can wait for it. */
  readonly #all = new Set<Running<T>>();

  /** Joins or starts the work of `key`. @throws the reason of `signal` when this caller aborts; errors of the work */
  async run(
    key: string,
    work: (stop: AbortSignal) => Promise<T>,
    { signal }: CallOptions = {},
  ): Promise<T> {
    signal?.throwIfAborted();
    const running = this.#running.get(key) ?? this.#start(key, work);
    running.waiting++;
    try {
      return await waitFor(running.result, signal);
    } finally {
      if (--running.waiting === 0) {
        running.stop.abort();
        // A later caller must start new work, not join the cancelled one.
        this.#running.delete(key);
      }
    }
  }

  /** Cancels all work and waits until it has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { stop } of this.#all) stop.abort();
    await Promise.allSettled([...this.#all].map(({ result }) => result));
  }

  #start(key: string, work: (stop: AbortSignal) => Promise<T>): Running<T> {
    const stop = new AbortController();
    const running = { result: work(stop.signal), stop, waiting: 0 };
    this.#running.set(key, running);
    this.#all.add(running);
    const forget = (): void => void this.#all.delete(running);
    running.result.then(forget, forget);
    return running;
  }
}

function waitFor<T>(result: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return result;
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      const reason: unknown = signal.reason;
      reject(reason instanceof Error ? reason : new Error('aborted', { cause: reason }));
    };
    signal.addEventListener('abort', stop, { once: true });
    const end = (): void => signal.removeEventListener('abort', stop);
    result.then(resolve, reject).then(end, end);
  });
}
