export interface RecentCountsOptions {
  /** A count is reset this long after its first event (ms). */
  readonly window: number;
  /** Maximum number of keys; the oldest are dropped first. 10,000 when omitted. */
  readonly most?: number;
  /** A monotonic clock (ms). */
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
    // Delete first: a Map keeps the position of an existing key, and the newest must be last.
    this.#counts.delete(key);
    this.#counts.set(key, { until: this.#now() + this.#window, count: 1 });
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > this.#most && oldest !== undefined) this.#counts.delete(oldest);
  }

  takeBack(key: string): void {
    const current = this.#current(key);
    if (current && current.count > 0) current.count--;
  }

  /** Whole seconds until the count of a key is reset; at least 1. */
  secondsLeft(key: string): number {
    return Math.max(1, Math.ceil(((this.#current(key)?.until ?? 0) - this.#now()) / 1000));
  }

  #current(key: string): Count | undefined {
    const found = this.#counts.get(key);
    return found && found.until > this.#now() ? found : undefined;
  }
}
