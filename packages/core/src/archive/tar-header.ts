import { ImageError } from '../errors.js';

/** Tar's unit of headers and padding, in bytes (POSIX.1-2024 pax, ustar interchange format). */
export const BLOCK = 512;

export type TarType =
  | 'file'
  | 'hardlink'
  | 'symlink'
  | 'folder'
  | 'pax'
  | 'pax-global'
  | 'gnu-name'
  | 'gnu-link'
  | 'other';

export interface TarHeader {
  readonly name: string;
  /** Of the body, in bytes. */
  readonly size: number;
  readonly type: TarType;
  /** Where a link points; empty otherwise. */
  readonly link: string;
}

const TYPES: Readonly<Record<string, TarType>> = {
  '\0': 'file',
  '0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '5': 'folder',
  x: 'pax',
  g: 'pax-global',
  L: 'gnu-name',
  K: 'gnu-link',
};

/**
 * Decodes one header block.
 *
 * @returns undefined for the block of zeros that ends an archive
 * @throws ImageError INVALID when the checksum is wrong: this is no tar, or a damaged one
 */
export function decodeHeader(block: Uint8Array): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  if (readOctal(block, 148, 8) !== checksum(block)) {
    throw new ImageError('INVALID', 'tar header: expected a valid checksum, got another');
  }
  const prefix =
    text(block, 257, 6).startsWith('ustar') && block[262] === 0 ? text(block, 345, 155) : '';
  const name = text(block, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    size: readSize(block),
    type: TYPES[String.fromCharCode(block[156] ?? 0)] ?? 'other',
    link: text(block, 157, 100),
  };
}

/**
 * Parses the records of a pax extended header: `<length> <key>=<value>\n`, length in bytes.
 *
 * @throws ImageError INVALID
 */
export function decodePax(body: Uint8Array): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  const bytes = Buffer.from(body);
  for (let at = 0; at < bytes.length && bytes[at] !== 0; ) {
    const space = bytes.indexOf(0x20, at);
    const digits = bytes.toString('latin1', at, Math.min(space, at + LENGTH_DIGITS + 1));
    const length = space >= 0 && /^[0-9]+$/.test(digits) ? Number(digits) : NaN;
    const record = bytes.subarray(at, at + length);
    const equals = at + record.indexOf(0x3d, space - at);
    if (!(length > 0) || record.length < length || equals < space) {
      throw new ImageError(
        'INVALID',
        'tar pax header: expected "<length> <key>=<value>" records, got something else',
      );
    }
    records.set(
      bytes.toString('utf8', space + 1, equals),
      bytes.toString('utf8', equals + 1, at + length - 1),
    );
    at += length;
  }
  return records;
}

/** How long the length of a record may be. */
const LENGTH_DIGITS = 10;

/** GNU's long names: text that ends at the first NUL. */
export function decodeGnuText(body: Uint8Array): string {
  return text(body, 0, body.byteLength);
}

/** A body's size with its padding. */
export function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

function readSize(block: Uint8Array): number {
  const size = (block[124] ?? 0) & 0x80 ? readBase256(block, 124, 12) : readOctal(block, 124, 12);
  if (!Number.isSafeInteger(size) || size < 0)
    throw new ImageError('INVALID', 'tar header: expected a size, got nonsense');
  return size;
}

function readOctal(block: Uint8Array, at: number, length: number): number {
  const digits = text(block, at, length).trim();
  return digits === '' ? 0 : /^[0-7]+$/.test(digits) ? parseInt(digits, 8) : NaN;
}

/** GNU's way to write 8 GiB and more: big-endian binary, marked by the highest bit. */
function readBase256(block: Uint8Array, at: number, length: number): number {
  let value = (block[at] ?? 0) & 0x7f;
  for (const byte of block.subarray(at + 1, at + length)) value = value * 256 + byte;
  return value;
}

function checksum(block: Uint8Array): number {
  return block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
}

function text(block: Uint8Array, at: number, length: number): string {
  const raw = Buffer.from(
    block.buffer,
    block.byteOffset + at,
    Math.min(length, block.byteLength - at),
  );
  const end = raw.indexOf(0);
  return raw.toString('utf8', 0, end < 0 ? raw.length : end);
}
