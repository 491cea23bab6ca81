export interface RecentCountsOptions {
  /** How long a count lasts from its first event on (ms). */
  readonly window: number;
  /** How many keys are remembered; the oldest are dropped first. */
  readonly most?: number;
  /** A clock that only goes forward (ms). */
  readonly now?: () => number;
}

interface Count {
  readonly until: number;
  count: number;
}

/** Counts recent events by key, in bounded memory. */
export class RecentCounts {
  readonly #window: number;
  readonly #most: number;
  readonly #now: () => number;
  readonly #counts = new Map<string, Count>();

  constructor({ window, most = 10_000, now = () => performance.now() }: RecentCountsOptions) {
    this.#window = window;
    this.#most = most;
    this.#now = now;
  }

  of(key: string): number {
    return this.#current(key)?.count ?? 0;
  }

  add(key: string): void {
    const current = this.#current(key);
    if (current) {
      current.count++;
      return;
    }
    // Delete first: a key that is set anew goes to the end, where the newest are.
    this.#counts.delete(key);
    this.#counts.set(key, { until: this.#now() + this.#window, count: 1 });
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > this.#most && oldest !== undefined) this.#counts.delete(oldest);
  }

  takeBack(key: string): void {
    const current = this.#current(key);
    if (current && current.count > 0) current.count--;
  }

  /** When the count of a key begins anew, in whole seconds from now; at least 1. */
  secondsLeft(key: string): number {
    return Math.max(1, Math.ceil(((this.#current(key)?.until ?? 0) - this.#now()) / 1000));
  }

  #current(key: string): Count | undefined {
    const found = this.#counts.get(key);
    return found && found.until > this.#now() ? found : undefined;
  }
}
