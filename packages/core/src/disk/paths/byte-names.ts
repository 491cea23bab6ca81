import { isUtf8 } from 'node:buffer';

/** Bytes of the longest UTF-8 sequence. */
const MAX_SEQUENCE = 4;

/** A byte that is not part of UTF-8, as {@link decodeName} writes it: never part of a character (a lone surrogate). */
const ESCAPED = /[\udc80-\udcff]/u;

/**
 * Decodes a file name without loss: each byte that is not part of valid UTF-8 becomes one lone surrogate, U+DC00 + byte
 * (Python's `surrogateescape`, PEP 383). {@link encodeName} gives the same bytes back.
 */
export function decodeName(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString();
  let name = '';
  for (let at = 0; at < bytes.length; ) {
    const sequence = sequenceAt(bytes, at);
    name += sequence?.toString() ?? String.fromCharCode(0xdc00 + (bytes[at] ?? 0));
    at += sequence?.length ?? 1;
  }
  return name;
}

/** The bytes of a file name that {@link decodeName} decoded. */
export function encodeName(name: string): Buffer {
  if (!isByteName(name)) return Buffer.from(name);
  const parts = [...name].map((character) =>
    ESCAPED.test(character) ? Buffer.of(character.charCodeAt(0) - 0xdc00) : Buffer.from(character),
  );
  return Buffer.concat(parts);
}

/** Whether a name has bytes that are not UTF-8. */
export function isByteName(name: string): boolean {
  return ESCAPED.test(name);
}

/** A path for functions of `node:fs`: as bytes where a string cannot hold its names. */
export function systemPath(path: string): string | Buffer {
  return isByteName(path) ? encodeName(path) : path;
}

function sequenceAt(bytes: Buffer, at: number): Buffer | undefined {
  for (let length = 1; length <= MAX_SEQUENCE && at + length <= bytes.length; length++) {
    const sequence = bytes.subarray(at, at + length);
    if (isUtf8(sequence)) return sequence;
  }
  return undefined;
}
