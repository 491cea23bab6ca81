import { Problem } from '../problem.js';

/** One client may take this part of what a gate has, so that it cannot close it to the others. */
const SHARE = 4;

/** Bounds what requests take at once, in all and by client. */
export class Limiter {
  readonly #what: string;
  readonly #most: number;
  readonly #mostOfOne: number;
  readonly #taken = new Map<string, number>();
  #all = 0;

  /** @param what names the unit in messages: `uploads`. */
  constructor(what: string, most: number) {
    this.#what = what;
    this.#most = most;
    this.#mostOfOne = Math.ceil(most / SHARE);
  }

  /** Takes an amount until the result is disposed of. @throws Problem TOOMANYREQUESTS */
  enter(client: string, amount = 1): Disposable {
    const own = this.#taken.get(client) ?? 0;
    if (this.#all + amount > this.#most || own + amount > this.#mostOfOne)
      throw new Problem(
        'TOOMANYREQUESTS',
        `expected at most ${this.#mostOfOne} ${this.#what} of one client and ${this.#most} of all at once`,
        { headers: { 'retry-after': '1' } },
      );
    this.#add(client, amount);
    return { [Symbol.dispose]: () => this.#add(client, -amount) };
  }

  #add(client: string, amount: number): void {
    this.#all += amount;
    const own = (this.#taken.get(client) ?? 0) + amount;
    if (own === 0) this.#taken.delete(client);
    else this.#taken.set(client, own);
  }
}
