import { Problem } from '../problem.js';

/** One client may use at max 1/CLIENT_SHARE of a limit, so it cannot block all others. */
const CLIENT_SHARE = 4;

/** Limits an amount that concurrent requests use, in total and per client. */
export class Limiter {
  readonly #unit: string;
  readonly #max: number;
  readonly #maxPerClient: number;
  readonly #usedByClient = new Map<string, number>();
  #used = 0;

  /** @param unit the unit in messages, for example `uploads`. @param max the limit for all clients. */
  constructor(unit: string, max: number) {
    this.#unit = unit;
    this.#max = max;
    this.#maxPerClient = Math.ceil(max / CLIENT_SHARE);
  }

  /** Reserves an amount until the result is disposed of. @throws Problem TOOMANYREQUESTS */
  enter(client: string, amount = 1): Disposable {
    const own = this.#usedByClient.get(client) ?? 0;
    if (this.#used + amount > this.#max || own + amount > this.#maxPerClient)
      throw new Problem(
        'TOOMANYREQUESTS',
        `too many concurrent ${this.#unit}: the limit is ${this.#maxPerClient} from one client and ${this.#max} in total`,
        { headers: { 'retry-after': '1' } },
      );
    this.#add(client, amount);
    return { [Symbol.dispose]: () => this.#add(client, -amount) };
  }

  #add(client: string, amount: number): void {
    this.#used += amount;
    const own = (this.#usedByClient.get(client) ?? 0) + amount;
    if (own === 0) this.#usedByClient.delete(client);
    else this.#usedByClient.set(client, own);
  }
}
