/** What the thread of a job and the caller tell each other while it runs; its memory is shared between them. */
export class JobState {
  readonly memory: SharedArrayBuffer;
  readonly #bytes: BigInt64Array;
  readonly #stop: Int32Array;

  constructor(memory = new SharedArrayBuffer(16)) {
    this.memory = memory;
    this.#bytes = new BigInt64Array(memory, 0, 1);
    this.#stop = new Int32Array(memory, 8, 1);
  }

  /** Bytes that are done. */
  get bytes(): number {
    return Number(Atomics.load(this.#bytes, 0));
  }

  set bytes(count: number) {
    Atomics.store(this.#bytes, 0, BigInt(count));
  }

  /** Whether the caller wants no more of it. */
  get isStopped(): boolean {
    return Atomics.load(this.#stop, 0) !== 0;
  }

  stop(): void {
    Atomics.store(this.#stop, 0, 1);
  }
}
