import { ImageError } from '../../errors.js';

/** A result is given to all clients that ask within this time (ms), so that they cause no load. */
const MAX_AGE_MS = 2_000;
/** Storage that does not answer for this long (ms) is reported. */
const MAX_WAIT_MS = 5_000;

/** Times of {@link Health}, in milliseconds; for tests. */
export interface HealthTimes {
  readonly maxAge?: number;
  readonly maxWait?: number;
}

/** The state of a registry's storage for `/healthz`. One check at a time, whatever number of clients ask. */
export class Health {
  readonly #check: () => Promise<void>;
  readonly #times: Required<HealthTimes>;
  #running: Promise<string | undefined> | undefined;
  #known: { readonly at: number; readonly problem: string | undefined } | undefined;

  /** @param check throws when the storage cannot be used. */
  constructor(check: () => Promise<void>, times: HealthTimes = {}) {
    this.#check = check;
    this.#times = { maxAge: MAX_AGE_MS, maxWait: MAX_WAIT_MS, ...times };
  }

  /** The fault of the storage, without details of this machine; undefined when nothing is. */
  async problem(): Promise<string | undefined> {
    const { maxAge, maxWait } = this.#times;
    if (this.#known && performance.now() - this.#known.at < maxAge) return this.#known.problem;
    this.#running ??= this.#run();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve('storage: does not answer'), maxWait);
    });
    try {
      return await Promise.race([this.#running, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #run(): Promise<string | undefined> {
    let problem: string | undefined;
    try {
      await this.#check();
    } catch (error) {
      const isFull = error instanceof ImageError && error.code === 'NO_SPACE';
      problem = isFull ? 'storage: no space left' : 'storage: cannot be written';
    }
    this.#known = { at: performance.now(), problem };
    this.#running = undefined;
    return problem;
  }
}
