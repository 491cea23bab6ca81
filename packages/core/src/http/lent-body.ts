import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream';
import type { Bytes } from '../transfer/store.js';
import { ChunkedBody, SizedBody, type BodyFraming } from './body-framing.js';
import { largeReadsOf, READ_BYTES, type Reads, type Taker } from './large-reads.js';

/** A connection is given up for a body of at least this size (bytes); opening another one takes some round trips. */
const MIN_BYTES = 16 * 1024 * 1024;

/** Buffers of a body: one is read into, while one waits and two are used. */
const BUFFERS = 4;

/** A piece that waits to be taken gets this full (bytes), so that slow senders cause few small ones. */
const MIN_PIECE_BYTES = 128 * 1024;

const lent = new WeakMap<IncomingMessage, LentBody>();

/** Whether a response has content that its reader has not taken. */
export function hasUnread(message: IncomingMessage): boolean {
  return lent.get(message)?.isHeld ?? message.readableLength > 0;
}

/**
 * The body of a response in pieces that are lent, if {@link lendBody} was called for it: the memory of a piece is used again
 * once the second one after it is asked for. Else the message itself.
 *
 * @throws errors of the message; `ERR_STREAM_PREMATURE_CLOSE` if it is closed before its end
 */
export function lentBody(message: IncomingMessage): Bytes {
  return lent.get(message) ?? message;
}

/**
 * Reads a large body, or one whose size is not known, from its connection past the HTTP parser of Node.js, which would copy
 * it. The parser then does not know that the body has ended, so the connection is closed.
 *
 * Called as the response arrives, with success; from then on, the body is that of {@link lentBody}.
 */
export function lendBody(message: IncomingMessage): void {
  const reads = largeReadsOf(message.socket);
  const start = reads?.current ? headEnd(reads.current, message) : undefined;
  if (!reads?.current || start === undefined) return;
  const size = Number(message.headers['content-length'] ?? 0);
  const isChunked = message.headers['transfer-encoding'] === 'chunked';
  if (!isChunked && size < MIN_BYTES) return;
  const framing = isChunked ? new ChunkedBody() : new SizedBody(size);
  const begun = Buffer.from(reads.current.subarray(start));
  const body = new LentBody(message, reads, framing);
  if (body.begin(begun)) lent.set(message, body);
}

/** The offset of the body in bytes that begin with the head of the response; undefined for other bytes. */
function headEnd(bytes: Buffer, { statusCode }: IncomingMessage): number | undefined {
  // Another status is that of an interim response before it (RFC 9110 § 15.2).
  const begin = `HTTP/1.1 ${statusCode}`;
  if (bytes.toString('latin1', 0, begin.length) !== begin) return undefined;
  const end = bytes.indexOf('\r\n\r\n');
  return end === -1 ? undefined : end + 4;
}

class LentBody implements Taker, Bytes {
  readonly #message: IncomingMessage;
  readonly #reads: Reads;
  readonly #framing: BodyFraming;
  readonly #full: Buffer[] = [];
  readonly #free: Buffer[] = [];
  /** The buffer that is read into; undefined when there is no free one. */
  #filling: Buffer | undefined;
  #filled = 0;
  #isRead = false;
  #end: { readonly error?: Error | null | undefined } | undefined;
  #wake: (() => void) | undefined;

  constructor(message: IncomingMessage, reads: Reads, framing: BodyFraming) {
    this.#message = message;
    this.#reads = reads;
    this.#framing = framing;
  }

  /** Whether the reader keeps the connection waiting: it has not begun, or no buffer is free. */
  get isHeld(): boolean {
    return !this.#isRead || this.#filling === undefined;
  }

  /** Takes the reads of the connection over. @returns false if all of the body has come already */
  begin(begun: Buffer): boolean {
    this.#filling = Buffer.allocUnsafeSlow(READ_BYTES);
    this.take(begun);
    if (this.#framing.isDone) return false;
    while (this.#free.length < BUFFERS - 1) this.#free.push(Buffer.allocUnsafeSlow(READ_BYTES));
    this.#reads.taker = this;
    return true;
  }

  next(): Uint8Array | undefined {
    return this.#filling?.subarray(this.#filled);
  }

  take(bytes: Buffer): boolean {
    const filling = this.#filling;
    if (!filling || this.#framing.isDone) return false;
    // After a pause, the first read is into the buffer of the connection.
    if (bytes.buffer !== filling.buffer) filling.set(bytes, this.#filled);
    try {
      this.#filled += this.#framing.take(
        filling.subarray(this.#filled, this.#filled + bytes.byteLength),
      );
    } catch (error) {
      this.#message.destroy(error as Error);
      return false;
    }
    const isFull = this.#filled === filling.byteLength || this.#framing.isDone;
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
    this.#isRead = true;
    // The parser paused it, because nobody reads the message. Without a free buffer, `#release` resumes it.
    if (this.#filling) message.socket.resume();
    let last: Buffer | undefined;
    try {
      while (!this.#framing.isDone || this.#full.length > 0) {
        const piece = this.#full.shift();
        if (piece) {
          yield piece;
          if (last) this.#release(last);
          last = piece;
        } else if (this.#end) {
          if (this.#end.error) throw this.#end.error;
          return;
        } else await new Promise<void>((resolve) => (this.#wake = resolve));
        this.#wake = undefined;
      }
    } finally {
      cleanUp();
      this.#reads.taker = undefined;
      message.on('error', () => undefined).destroy();
    }
  }

  #handOver(filled: Buffer): void {
    this.#full.push(filled.subarray(0, this.#filled));
    this.#filling = this.#free.pop();
    this.#filled = 0;
    this.#wake?.();
  }

  #release({ buffer }: Buffer): void {
    const free = Buffer.from(buffer);
    if (this.#filling || this.#framing.isDone) this.#free.push(free);
    else {
      this.#filling = free;
      this.#message.socket.resume();
    }
  }
}
