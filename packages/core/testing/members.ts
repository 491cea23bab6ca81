import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Compression } from '../src/compression/detect.js';
import { compressZstdFrame } from '../src/compression/zstd/zstd-frame.js';

/** Compressed content of several members, frames or streams. */
export interface Members {
  readonly plain: Buffer;
  readonly packed: Buffer;
  /** Offset of the first byte of each member. */
  readonly starts: readonly number[];
}

const GOLDEN = join(import.meta.dirname, 'golden/compression');
const PLAIN = Array.from({ length: 40 }, (_, line) => `line ${line} of a layer\n`).join('');

/** As the writers of each format leave them: also an empty member at the end (eStargz), and a skippable frame (zstd:chunked). */
export async function membersOf(kind: Exclude<Compression, 'none'>): Promise<Members> {
  const blocks = [0, 1, 2].map((at) => Buffer.from(`${at}${PLAIN}`));
  if (kind === 'gzip')
    return joined([...blocks, Buffer.alloc(0)], (block) => Promise.resolve(gzipSync(block)));
  if (kind === 'zstd') {
    const skippable = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    return joined([...blocks, Buffer.alloc(0)], async (bytes) =>
      bytes.byteLength === 0 ? skippable : compressZstdFrame(bytes, 3),
    );
  }
  const text = await readFile(join(GOLDEN, 'text'));
  const stream = await readFile(join(GOLDEN, kind === 'xz' ? 'text.xz' : 'text.bz2'));
  return joined([text, text, text], () => Promise.resolve(stream));
}

async function joined(
  blocks: readonly Buffer[],
  pack: (block: Buffer) => Promise<Uint8Array>,
): Promise<Members> {
  const packed = await Promise.all(blocks.map(pack));
  const starts = packed.map((_, at) => Buffer.concat(packed.slice(0, at)).byteLength);
  return { plain: Buffer.concat(blocks), packed: Buffer.concat(packed), starts };
}
