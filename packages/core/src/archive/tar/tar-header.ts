import { decodeName } from '../../disk/paths/byte-names.js';
import { ImageError } from '../../errors.js';

/** Bytes of a header; bodies are padded to a multiple of it (POSIX.1-2024 pax, ustar interchange format). */
export const BLOCK = 512;
/** Two blocks of zeros end a tar. */
export const END_BYTES = 2 * BLOCK;

export type TarType =
  | 'file'
  | 'hardlink'
  | 'symlink'
  | 'folder'
  | 'device'
  | 'pax'
  | 'pax-global'
  | 'gnu-name'
  | 'gnu-link'
  | 'gnu-sparse'
  | 'other';

export interface TarHeader {
  /** Names that are not UTF-8 are decoded without loss (`decodeName`). */
  readonly name: string;
  /** Size of the body in bytes. */
  readonly size: number;
  readonly type: TarType;
  /** Target of a link; empty for other types. */
  readonly link: string;
}

const TYPES: Readonly<Record<string, TarType>> = {
  '\0': 'file',
  '0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'device',
  '4': 'device',
  '6': 'device',
  '5': 'folder',
  x: 'pax',
  g: 'pax-global',
  L: 'gnu-name',
  K: 'gnu-link',
  S: 'gnu-sparse',
};

/**
 * Decodes one header block.
 *
 * @returns undefined for the block of zeros that ends an archive
 * @throws ImageError INVALID when the checksum is wrong: not a tar, or a damaged one
 */
export function decodeHeader(block: Uint8Array): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  if (readOctal(block, 148, 8) !== checksum(block)) {
    throw new ImageError('INVALID', 'tar header: the checksum is wrong');
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

/** Mode and owner of a member; what is not a number is 0. */
export interface TarOwnership {
  /** Permission bits, set-user-ID, set-group-ID and sticky bit included. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Decodes mode and owner of one header block. */
export function decodeOwnership(block: Uint8Array): TarOwnership {
  return {
    mode: readNumber(block, 100, 8) & 0o7777,
    uid: readNumber(block, 108, 8),
    gid: readNumber(block, 116, 8),
  };
}

/** Whether another block with the map of an old GNU sparse file follows its header (at 482) or a block of that map (at 504). */
export function isMapContinued(block: Uint8Array, isHeader: boolean): boolean {
  return (block[isHeader ? 482 : 504] ?? 0) !== 0;
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
    const digits = bytes.toString('latin1', at, Math.min(space, at + MAX_LENGTH_DIGITS + 1));
    const length = space >= 0 && /^[0-9]+$/.test(digits) ? Number(digits) : NaN;
    const record = bytes.subarray(at, at + length);
    const equals = at + record.indexOf(0x3d, space - at);
    if (!(length > 0) || record.length < length || equals < space) {
      throw new ImageError(
        'INVALID',
        'tar pax header: its records are not "<length> <key>=<value>"',
      );
    }
    records.set(
      bytes.toString('utf8', space + 1, equals),
      decodeName(bytes.subarray(equals + 1, at + length - 1)),
    );
    at += length;
  }
  return records;
}

/** Encodes a pax extended header for the next member: its header block and its records. */
export function encodePaxHeader(
  records: readonly (readonly [key: string, value: Buffer])[],
): Uint8Array {
  const body = Buffer.concat(records.map(([key, value]) => encodePaxRecord(key, value)));
  const block = Buffer.alloc(BLOCK + paddedSize(body.length));
  block.write('PaxHeader', 0);
  block.write('0000644\0' + '0000000\0'.repeat(2), 100);
  block.write(`${body.length.toString(8).padStart(11, '0')}\0${'0'.repeat(11)}\0`, 124);
  block.write('x', 156);
  block.write('ustar\0' + '00', 257);
  block.write(`${checksum(block.subarray(0, BLOCK)).toString(8).padStart(6, '0')}\0 `, 148);
  body.copy(block, BLOCK);
  return block;
}

/** The length of a record counts its own digits. */
function encodePaxRecord(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
  let digits = 1;
  while (`${rest.length + digits}`.length > digits) digits++;
  return Buffer.concat([Buffer.from(`${rest.length + digits}`), rest]);
}

/** Most digits that the length of a pax record may have. */
const MAX_LENGTH_DIGITS = 10;

/** Decodes the body of a GNU long name or long link: text up to the first NUL. */
export function decodeGnuText(body: Uint8Array): string {
  return text(body, 0, body.byteLength);
}

/** The size of a body in bytes, rounded up to whole blocks. */
export function paddedSize(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

function readNumber(block: Uint8Array, at: number, length: number): number {
  const value = readField(block, at, length);
  return Number.isSafeInteger(value) ? value : 0;
}

function readField(block: Uint8Array, at: number, length: number): number {
  return (block[at] ?? 0) & 0x80 ? readBase256(block, at, length) : readOctal(block, at, length);
}

function readSize(block: Uint8Array): number {
  const size = readField(block, 124, 12);
  if (!Number.isSafeInteger(size) || size < 0)
    throw new ImageError('INVALID', 'tar header: the size is not a number');
  return size;
}

function readOctal(block: Uint8Array, at: number, length: number): number {
  const digits = text(block, at, length).trim();
  return digits === '' ? 0 : /^[0-7]+$/.test(digits) ? parseInt(digits, 8) : NaN;
}

/** GNU's encoding of sizes from 8 GiB: big-endian binary, marked by the highest bit. */
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
  return decodeName(raw.subarray(0, end < 0 ? raw.length : end));
}
