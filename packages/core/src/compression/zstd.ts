import type { Duplex } from 'node:stream';
import * as zlib from 'node:zlib';
import { throughStream } from './through-stream.js';
import { cutAtFrames } from './zstd-boundaries.js';
import { zstdProgram, type ZstdProgram } from './zstd-program.js';

type Bytes = AsyncIterable<Uint8Array>;

/**
 * Unpacks zstd (RFC 8878), frame after frame: with Node.js's own decoder where it has it (22.15 and later), else with
 * one in WebAssembly.
 */
export function unzstd(bytes: Bytes): Bytes {
  const { createZstdDecompress: own } = zlib as { createZstdDecompress?: () => Duplex };
  const frames = cutAtFrames(bytes);
  return own ? throughStream(frames, own()) : unzstdInWasm(frames);
}

/** What is given and taken at once, in bytes. */
const STEP = 128 * 1024;
/** `ZSTD_inBuffer` and `ZSTD_outBuffer`: an address, a size and a position, four bytes each. */
const BUFFER = 12;
/** Results from here on are errors (zstd_errors.h: `ZSTD_error_maxCode`). */
const FIRST_ERROR = 2 ** 32 - 120;

/** @throws Error when it is damaged; where it ends is not judged */
export async function* unzstdInWasm(bytes: Bytes): Bytes {
  const program = await zstdProgram();
  const context = program.ZSTD_createDCtx();
  if (context === 0) throw new Error('zstd: expected memory, got none');
  const [input, output] = [buffer(program), buffer(program)];
  try {
    for await (const chunk of bytes) {
      for (let at = 0; at < chunk.byteLength; at += STEP) {
        input.fill(chunk.subarray(at, at + STEP));
        do {
          output.fill();
          const result = program.ZSTD_decompressStream(context, output.address, input.address);
          if (result >>> 0 > FIRST_ERROR) throw new Error(`zstd: error ${-result}`);
          yield output.taken();
          // A full buffer may have left something behind.
        } while (!input.isDone() || output.isDone());
      }
    }
  } finally {
    program.ZSTD_freeDCtx(context);
    input.free();
    output.free();
  }
}

/** Memory of the program, as its streaming functions take it. */
function buffer(program: ZstdProgram) {
  const { memory } = program;
  const address = program.malloc(BUFFER + STEP);
  if (address === 0) throw new Error('zstd: expected memory, got none');
  const content = address + BUFFER;
  // The memory moves when it grows, so no view of it is kept.
  const fields = () => new Uint32Array(memory.buffer, address, 3);
  return {
    address,
    /** With content, or with room for some. */
    fill: (bytes?: Uint8Array): void => {
      if (bytes) new Uint8Array(memory.buffer, content, STEP).set(bytes);
      fields().set([content, bytes?.byteLength ?? STEP, 0]);
    },
    isDone: (): boolean => {
      const [, size, position] = fields();
      return size === position;
    },
    taken: (): Uint8Array => new Uint8Array(memory.buffer, content, STEP).slice(0, fields()[2]),
    free: (): void => program.free(address),
  };
}
