/**
 * Runs work that several callers want at the same time as seldom as possible: a call gets the result of a run that began after
 * the call, so it sees every change that was made before.
 */
export class SharedRuns<T> {
  #now: Promise<T> | undefined;
  #next: Promise<T> | undefined;

  /** @param work the same for all callers. @throws errors of `work` */
  run(work: () => Promise<T>): Promise<T> {
    if (!this.#now) return this.#begin(work);
    // The running one may have read before a change that this caller knows of.
    return (this.#next ??= this.#now.then(ignore, ignore).then(() => {
      this.#next = undefined;
      return this.#begin(work);
    }));
  }

  #begin(work: () => Promise<T>): Promise<T> {
    const now = work();
    this.#now = now;
    const end = (): void => {
      if (this.#now === now) this.#now = undefined;
    };
    now.then(end, end);
    return now;
  }
}

function ignore(): void {
  // A failure belongs to the callers of that run.
}
