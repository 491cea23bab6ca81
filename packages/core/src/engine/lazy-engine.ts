import type { Engine } from './engine.js';

/**
 * An engine that is opened by its first user and closed if it was opened. Users that come while it is being opened get
 * the same engine. If opening fails, all of them get the error, and the next user tries again.
 */
export class LazyEngine implements AsyncDisposable {
  readonly #open: () => Promise<Engine>;
  #opened: Promise<Engine> | undefined;

  constructor(open: () => Promise<Engine>) {
    this.#open = open;
  }

  /** Returns the engine. A function of its own, to be passed on. @throws as the function that opens it */
  readonly get = (): Promise<Engine> => {
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  };

  async [Symbol.asyncDispose](): Promise<void> {
    const engine = await this.#opened?.catch(() => undefined);
    await engine?.[Symbol.asyncDispose]();
  }
}
