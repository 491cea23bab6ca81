/** Thrown when the buffered input ends within a block; more input may follow. */
export class OutOfBits extends Error {
  override readonly name = 'OutOfBits';
}

/** Reads bits, the highest of each byte first, and can rewind. */
export class Bits {
  #bytes: Uint8Array = new Uint8Array(0);
  /** The next byte to take bits from. */
  #at = 0;
  #held = 0;
  /** How many of the lowest bits of `held` are not read yet. */
  #count = 0;

  /** Buffered bytes, read or not. */
  get size(): number {
    return this.#bytes.byteLength;
  }

  /** Whether every byte was read; padding bits in the last one do not count. */
  get isEmpty(): boolean {
    return this.#at === this.#bytes.byteLength;
  }

  /** Appends input, and drops the bytes that were read. */
  add(chunk: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes.subarray(this.#at), chunk]);
    this.#at = 0;
  }

  /** @param count 1 to 24. @throws OutOfBits */
  read(count: number): number {
    while (this.#count < count) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new OutOfBits();
      this.#at++;
      this.#held = ((this.#held << 8) | byte) >>> 0;
      this.#count += 8;
    }
    this.#count -= count;
    return (this.#held >>> this.#count) & ((1 << count) - 1);
  }

  /** Skips to the beginning of the next byte. */
  align(): void {
    this.#count -= this.#count % 8;
  }

  /** Runs `parse`; if it runs out of bits, rewinds and returns undefined. */
  attempt<T>(parse: (bits: Bits) => T): T | undefined {
    const [at, held, count] = [this.#at, this.#held, this.#count];
    try {
      return parse(this);
    } catch (error) {
      if (!(error instanceof OutOfBits)) throw error;
      [this.#at, this.#held, this.#count] = [at, held, count];
      return undefined;
    }
  }
}
