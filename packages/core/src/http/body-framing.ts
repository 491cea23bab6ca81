/** Tells what of a connection's bytes is the content of a body (RFC 9112 § 6). */
export interface BodyFraming {
  /** Whether the body has ended. */
  readonly isDone: boolean;
  /**
   * Moves the content in the next bytes of the connection to their front; what follows the body is no content.
   *
   * @returns its size in bytes
   * @throws Error of the code `HPE_INVALID_CHUNK_SIZE`
   */
  readonly take: (bytes: Buffer) => number;
}

/** A body of a known size in bytes. */
export class SizedBody implements BodyFraming {
  #left: number;

  constructor(size: number) {
    this.#left = size;
  }

  get isDone(): boolean {
    return this.#left === 0;
  }

  take({ byteLength }: Buffer): number {
    const size = Math.min(byteLength, this.#left);
    this.#left -= size;
    return size;
  }
}

/** The longest line between chunks, in bytes; and the longest trailer. */
const MAX_LINE_BYTES = 4096;

const LF = 0x0a;

/** A body in chunks, each with its size before it (RFC 9112 § 7.1). */
export class ChunkedBody implements BodyFraming {
  /** Bytes of the current chunk that have not come. */
  #left = 0;
  /** The characters of a line that have come so far. */
  #line = '';
  #lineIs: 'size' | 'end of chunk' | 'trailer' = 'size';
  #trailerBytes = 0;
  isDone = false;

  take(bytes: Buffer): number {
    let size = 0;
    for (let at = 0; at < bytes.byteLength && !this.isDone; ) {
      if (this.#left > 0) {
        const end = Math.min(at + this.#left, bytes.byteLength);
        bytes.copyWithin(size, at, end);
        this.#left -= end - at;
        size += end - at;
        at = end;
      } else at = this.#takeLine(bytes, at);
    }
    return size;
  }

  /** @returns offset of what follows it */
  #takeLine(bytes: Buffer, start: number): number {
    const feed = bytes.indexOf(LF, start);
    const end = feed === -1 ? bytes.byteLength : feed + 1;
    this.#line += bytes.toString('latin1', start, end);
    if (this.#line.length > MAX_LINE_BYTES) throw invalid();
    if (feed === -1) return end;
    if (!this.#line.endsWith('\r\n')) throw invalid();
    const line = this.#line.slice(0, -2);
    this.#line = '';
    if (this.#lineIs === 'size') this.#begin(line);
    else if (this.#lineIs === 'end of chunk') {
      if (line !== '') throw invalid();
      this.#lineIs = 'size';
    } else {
      this.#trailerBytes += line.length;
      if (this.#trailerBytes > MAX_LINE_BYTES) throw invalid();
      this.isDone = line === '';
    }
    return end;
  }

  #begin(line: string): void {
    // A chunk may have extensions, which mean nothing here.
    const [, digits] = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i.exec(line) ?? [];
    if (digits === undefined) throw invalid();
    this.#left = parseInt(digits, 16);
    this.#lineIs = this.#left === 0 ? 'trailer' : 'end of chunk';
  }
}

function invalid(): Error {
  const error = new Error('expected a body in chunks, got something else between them');
  return Object.assign(error, { code: 'HPE_INVALID_CHUNK_SIZE' });
}
