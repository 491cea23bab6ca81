import type * as ZstdWasm from '@bokuweb/zstd-wasm';

let ready: Promise<typeof ZstdWasm> | undefined;

/** Compresses one frame, for Node.js 20, which has no zstd of its own. */
export async function compressZstdFrame({
  bytes,
  level,
}: {
  readonly bytes: Uint8Array;
  readonly level: number;
}): Promise<Uint8Array> {
  const { compress } = await (ready ??= load());
  return compress(bytes, level);
}

async function load(): Promise<typeof ZstdWasm> {
  const wasm = await import('@bokuweb/zstd-wasm');
  await wasm.init();
  return wasm;
}
