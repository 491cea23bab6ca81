import type { Duplex } from 'node:stream';
import * as zlib from 'node:zlib';
import { throughStream } from '../through-stream.js';
import { cutAtFrames } from './zstd-boundaries.js';
import { zstdProgram, type ZstdProgram } from './zstd-program.js';

type Bytes = AsyncIterable<Uint8Array>;

/**
 * Decompresses zstd (RFC 8878), frame by frame: with the decoder of Node.js (22.15 and later) if it has one, else with
 * WebAssembly.
 */
export function unzstd(bytes: Bytes): Bytes {
  const { createZstdDecompress: own } = zlib as { createZstdDecompress?: () => Duplex };
  const frames = cutAtFrames(bytes);
  return own ? throughStream(frames, own()) : unzstdInWasm(frames);
}

/** Size of the input createBuffer and of the output createBuffer (bytes). */
const CONTENT_BYTES = 128 * 1024;
/** `ZSTD_inBuffer` and `ZSTD_outBuffer`: an address, a size and a position, four bytes each. */
const BUFFER_BYTES = 12;
/** Results from here on are errors (zstd_errors.h: `ZSTD_error_maxCode`). */
const FIRST_ERROR = 2 ** 32 - 120;

/** Decompresses with WebAssembly. @throws Error when it is damaged; truncation is not detected */
export async function* unzstdInWasm(bytes: Bytes): Bytes {
  const program = await zstdProgram();
  const context = program.ZSTD_createDCtx();
  if (context === 0) throw new Error('zstd: expected memory, got none');
  const [input, output] = [createBuffer(program), createBuffer(program)];
  try {
    for await (const chunk of bytes) {
      for (let at = 0; at < chunk.byteLength; at += CONTENT_BYTES) {
        input.fill(chunk.subarray(at, at + CONTENT_BYTES));
        do {
          output.fill();
          const result = program.ZSTD_decompressStream(context, output.address, input.address);
          if (result >>> 0 > FIRST_ERROR) throw new Error(`zstd: error ${-result}`);
          yield output.taken();
          // After a full output createBuffer, the decoder may hold more output.
        } while (!input.isDone() || output.isDone());
      }
    }
  } finally {
    program.ZSTD_freeDCtx(context);
    input.free();
    output.free();
  }
}

/** Allocates a createBuffer for the streaming functions, in the memory of the program. */
function createBuffer(program: ZstdProgram) {
  const { memory } = program;
  const address = program.malloc(BUFFER_BYTES + CONTENT_BYTES);
  if (address === 0) throw new Error('zstd: expected memory, got none');
  const content = address + BUFFER_BYTES;
  // The memory moves when it grows, so no view of it is kept.
  const fields = () => new Uint32Array(memory.buffer, address, 3);
  return {
    address,
    /** Puts in content, or makes it empty for output. */
    fill: (bytes?: Uint8Array): void => {
      if (bytes) new Uint8Array(memory.buffer, content, CONTENT_BYTES).set(bytes);
      fields().set([content, bytes?.byteLength ?? CONTENT_BYTES, 0]);
    },
    isDone: (): boolean => {
      const [, size, position] = fields();
      return size === position;
    },
    taken: (): Uint8Array =>
      new Uint8Array(memory.buffer, content, CONTENT_BYTES).slice(0, fields()[2]),
    free: (): void => program.free(address),
  };
}
