import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream';
import type { Bytes } from '../transfer/store.js';
import { largeReadsOf, READ_BYTES, type Reads, type Taker } from './large-reads.js';

/** A connection is given up for a body of at least this size (bytes); opening another one takes some round trips. */
const MIN_BYTES = 16 * 1024 * 1024;

/** Buffers of a body: one is read into, while one waits and two are used. */
const BUFFERS = 4;

/** A piece that waits to be taken gets this full (bytes), so that slow senders cause few small ones. */
const MIN_PIECE_BYTES = 128 * 1024;

/** Bodies that wait for their readers. */
const waiting = new WeakSet<IncomingMessage>();

/** Whether a response has content that its reader has not taken. */
export function isUnread(message: IncomingMessage): boolean {
  return message.readableLength > 0 || waiting.has(message);
}

/**
 * The body of a response in pieces that are lent: the memory of a piece is used again once the second one after it is asked
 * for.
 *
 * A large body is read from the connection past the HTTP parser of Node.js, which would copy it. The parser then does not
 * know that the body has ended, so the connection is closed, as it is when the iteration ends early. Any other body is the
 * message itself.
 *
 * @throws errors of the message; `ERR_STREAM_PREMATURE_CLOSE` if it is closed before its end
 */
export function lentBody(message: IncomingMessage): Bytes {
  const reads = largeReadsOf(message.socket);
  const size = Number(message.headers['content-length'] ?? 0);
  return reads && size >= MIN_BYTES ? new LentBody(message, reads, size) : message;
}

class LentBody implements Taker, Bytes {
  readonly #message: IncomingMessage;
  readonly #reads: Reads;
  /** Bytes that the connection has not delivered. */
  #left: number;
  readonly #full: Buffer[] = [];
  readonly #free: Buffer[] = [];
  /** The buffer that is read into; undefined when there is no free one. */
  #filling: Buffer | undefined;
  #filled = 0;
  #end: { readonly error?: Error | null | undefined } | undefined;
  #wake: (() => void) | undefined;

  constructor(message: IncomingMessage, reads: Reads, size: number) {
    this.#message = message;
    this.#reads = reads;
    this.#left = size;
  }

  next(): Uint8Array | undefined {
    return this.#filling?.subarray(this.#filled);
  }

  take(bytes: Uint8Array): boolean {
    const filling = this.#filling;
    // More than the body is no part of it.
    const wanted = bytes.subarray(0, this.#left);
    if (!filling || wanted.byteLength === 0) return false;
    // After a pause, the first read is into the buffer of the connection.
    if (wanted.buffer !== filling.buffer) filling.set(wanted, this.#filled);
    this.#filled += wanted.byteLength;
    this.#left -= wanted.byteLength;
    const isFull = this.#filled === filling.byteLength || this.#left === 0;
    if (isFull || (this.#wake && this.#filled >= MIN_PIECE_BYTES)) this.#handOver(filling);
    return this.#filling !== undefined;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    const message = this.#message;
    const cleanUp = finished(message, { writable: false }, (error) => {
      this.#end = { error };
      if (this.#filling && this.#filled > 0) this.#handOver(this.#filling);
      this.#wake?.();
    });
    try {
      yield* this.#begin();
      let lent: Buffer | undefined;
      while (this.#left > 0 || this.#full.length > 0) {
        const piece = this.#full.shift();
        if (piece) {
          yield piece;
          if (lent) this.#release(lent);
          lent = piece;
        } else if (this.#end) {
          if (this.#end.error) throw this.#end.error;
          return;
        } else await new Promise<void>((resolve) => (this.#wake = resolve));
        this.#wake = undefined;
      }
    } finally {
      cleanUp();
      this.#reads.taker = undefined;
      waiting.delete(message);
      if (!message.complete) message.on('error', () => undefined).destroy();
    }
  }

  /** Reads past the parser from now on. @returns what has passed through it already */
  #begin(): Uint8Array[] {
    for (let at = 0; at < BUFFERS; at++) this.#free.push(Buffer.allocUnsafeSlow(READ_BYTES));
    this.#filling = this.#free.pop();
    this.#reads.taker = this;
    const message = this.#message;
    // The parser listens to what the connection held back.
    while (message.socket.read() !== null);
    const begun: Uint8Array[] = [];
    for (let chunk; (chunk = message.read() as Uint8Array | null) !== null; ) {
      begun.push(chunk);
      this.#left -= chunk.byteLength;
    }
    if (!message.complete) message.socket.resume();
    return begun;
  }

  #handOver(filled: Buffer): void {
    this.#full.push(filled.subarray(0, this.#filled));
    this.#filling = this.#free.pop();
    this.#filled = 0;
    if (!this.#filling) waiting.add(this.#message);
    this.#wake?.();
  }

  #release({ buffer }: Buffer): void {
    const free = Buffer.from(buffer);
    if (this.#filling || this.#left === 0) this.#free.push(free);
    else {
      this.#filling = free;
      waiting.delete(this.#message);
      this.#message.socket.resume();
    }
  }
}
