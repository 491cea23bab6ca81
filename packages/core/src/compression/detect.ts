/** The compression of a whole archive. */
export type Compression = 'none' | 'gzip' | 'zstd' | 'xz' | 'bzip2';

/** How many bytes {@link detectCompression} needs. */
export const MAGIC_BYTES = 6;

const MAGIC: readonly (readonly [Exclude<Compression, 'none'>, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['bzip2', [0x42, 0x5a, 0x68]],
];

/** Detects compression by the first bytes of content; file names are ignored. */
export function detectCompression(head: Uint8Array): Compression {
  return MAGIC.find(([, magic]) => magic.every((byte, at) => head[at] === byte))?.[0] ?? 'none';
}
