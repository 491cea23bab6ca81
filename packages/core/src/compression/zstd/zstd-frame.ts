import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The functions of zstd.h in use; addresses and sizes are in bytes of the memory. */
interface ZstdEncoder {
  /** The memory; another view after it has grown. */
  readonly HEAPU8: Uint8Array;
  readonly _malloc: (size: number) => number;
  readonly _free: (address: number) => void;
  readonly _ZSTD_createCCtx: () => number;
  readonly _ZSTD_compressBound: (size: number) => number;
  readonly _ZSTD_compress_usingDict: (
    context: number,
    ...outputInputDictionaryAndLevel: number[]
  ) => number;
  readonly _ZSTD_isError: (result: number) => number;
}

/** Compresses a block into one frame; the frame is valid until the next call. */
type EncodeFrame = (block: Uint8Array, level: number) => Uint8Array;

let ready: Promise<EncodeFrame> | undefined;

/**
 * zstd's own encoder as WebAssembly, for Node.js 20, which has none. The function of the package allocates memory for each
 * frame, in and out of the program, which waits for the garbage collector; this one uses the same memory for all.
 */
export function zstdEncoder(): Promise<EncodeFrame> {
  return (ready ??= load());
}

/** @returns a copy of the frame of a block */
export async function compressZstdFrame(block: Uint8Array, level: number): Promise<Uint8Array> {
  return (await zstdEncoder())(block, level).slice();
}

async function load(): Promise<EncodeFrame> {
  await (await import('@bokuweb/zstd-wasm')).init();
  const require = createRequire(import.meta.url);
  const program = join(dirname(require.resolve('@bokuweb/zstd-wasm')), 'module.js');
  const { Module: zstd } = require(program) as { readonly Module: ZstdEncoder };
  const context = allocated(zstd._ZSTD_createCCtx());
  let [input, output, inputSize, outputSize] = [0, 0, -1, 0];
  const makeRoom = (size: number): void => {
    if (size <= inputSize) return;
    zstd._free(input);
    zstd._free(output);
    [inputSize, outputSize] = [size, zstd._ZSTD_compressBound(size)];
    [input, output] = [allocated(zstd._malloc(inputSize)), allocated(zstd._malloc(outputSize))];
  };
  return (block, level) => {
    const size = block.byteLength;
    makeRoom(size);
    zstd.HEAPU8.set(block, input);
    const noDictionary = [0, 0];
    const result = zstd._ZSTD_compress_usingDict(
      context,
      ...[output, outputSize, input, size, ...noDictionary, level],
    );
    if (zstd._ZSTD_isError(result)) throw new Error(`zstd: error ${-result}`);
    return zstd.HEAPU8.subarray(output, output + result);
  };
}

function allocated(address: number): number {
  if (address === 0) throw new Error('zstd: expected memory, got none');
  return address;
}
