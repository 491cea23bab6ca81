import { Problem } from './problem.js';

/** Lets in so many at once. */
export class Gate {
  readonly #places: number;
  #taken = 0;

  constructor(places: number) {
    this.#places = places;
  }

  /** Takes a place until what it returns is disposed of. @throws Problem TOOMANYREQUESTS */
  enter(): Disposable {
    if (this.#taken >= this.#places)
      throw new Problem('TOOMANYREQUESTS', `expected at most ${this.#places} uploads at once`, {
        headers: { 'retry-after': '1' },
      });
    this.#taken++;
    return { [Symbol.dispose]: () => void this.#taken-- };
  }
}
