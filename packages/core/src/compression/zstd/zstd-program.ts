import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type * as ZstdDec from 'zstddec/stream';

/** The functions of zstd.h in use; addresses and sizes are in bytes of `memory`. */
export interface ZstdProgram {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly malloc: (size: number) => number;
  readonly free: (address: number) => void;
  readonly ZSTD_createDCtx: () => number;
  readonly ZSTD_freeDCtx: (context: number) => number;
  readonly ZSTD_decompressStream: (context: number, output: number, input: number) => number;
}

/** A `WebAssemblyInstantiatedSource`, for which only the types of browsers have a declaration. */
interface Instantiated {
  readonly instance: { readonly exports: ZstdProgram };
}

let loaded: Promise<ZstdProgram> | undefined;

/** zstd's own decoder as WebAssembly, for Node.js 20. One instance for all streams reuses the memory that they free. */
export function zstdProgram(): Promise<ZstdProgram> {
  return (loaded ??= load());
}

/**
 * The package's streaming API neither reports damage nor frees memory when stopped, so only its WebAssembly is used. The package
 * gives it away once, to the first who asks; so this is a copy of the package that no other module of the process has.
 */
async function load(): Promise<ZstdProgram> {
  const file = pathToFileURL(createRequire(import.meta.url).resolve('zstddec/stream'));
  const { ZSTDDecoder } = (await import(`${file.href}?${randomUUID()}`)) as typeof ZstdDec;
  const decoder = new ZSTDDecoder();
  return new Promise((resolve, reject) => {
    const init = decoder._init.bind(decoder);
    decoder._init = (result: unknown) => {
      init(result);
      resolve((result as Instantiated).instance.exports);
    };
    decoder.init().catch(reject);
  });
}
