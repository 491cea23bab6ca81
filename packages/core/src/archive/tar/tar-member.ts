import { encode, encodePax, type EncodedHeader } from 'tar-stream/headers.js';
import { encodeName, isByteName } from '../../disk/paths/byte-names.js';
import { BLOCK, encodePaxHeader, paddedSize } from './tar-header.js';

/** The facts in the header of a member. */
export interface MemberHeader {
  /** Names and link targets may have bytes that are not UTF-8, as `decodeName` writes them. */
  readonly name: string;
  readonly size: number;
  /** Permission bits; 0o644 when omitted. */
  readonly mode?: number | undefined;
  readonly type?: 'file' | 'directory' | 'symlink' | undefined;
  readonly linkname?: string | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** Seconds since 1970; 0 when omitted. */
  readonly mtime?: number | undefined;
}

/** The name in a header whose real name is in the extended header before it. */
const EXTENDED_NAME = 'PaxHeader';
/** The largest owner that fits in a header; tar-stream writes this number for larger ones. */
const MAX_HEADER_OWNER = 0o777777;

/** Encodes the header of a member, with an extended header before it where its name or its owner needs one. */
export function encodeMember(member: MemberHeader): Uint8Array {
  const { name, mode = 0o644, type = 'file', linkname, uid = 0, gid = 0, mtime = 0 } = member;
  const size = type === 'symlink' ? 0 : member.size;
  const header = { name, mode, type, uid, gid, size, mtime: new Date(mtime * 1000), linkname };
  const own = ownExtension(member);
  const whole = own ? null : encode(header);
  if (whole) return whole;
  return Buffer.concat([own ?? extensionOf(header), encodeShort(header)]);
}

/** Fields of a header: offset, and length in octal digits (POSIX.1-2024 pax, ustar interchange format). */
const SIZE = { at: 124, digits: 11 } as const;
const CHECKSUM = { at: 148, digits: 6 } as const;
/** Names that a header holds as they are. */
const PLAIN_NAME = /^[ -~]{1,100}$/;
const NAME_LENGTH = 100;
const ZERO = 0x30;

/**
 * Returns a function like {@link encodeMember} that is fast where file follows file: the header of such a file differs from the
 * one before in name, size and checksum alone, so only these are written. Its result is valid until the next call.
 */
export function memberEncoder(): (member: MemberHeader) => Uint8Array {
  let before: MemberHeader | undefined;
  let block = Buffer.of();
  let emptySum = 0;
  return (member) => {
    const { name, size, type = 'file' } = member;
    const digits = size.toString(8);
    if (type !== 'file' || digits.length > SIZE.digits || !PLAIN_NAME.test(name))
      return encodeMember(member);
    if (!before || !isAlike(before, member)) {
      const encoded = Buffer.from(encodeMember({ ...member, name: '', size: 0 }));
      // A large owner needs an extended header.
      if (encoded.byteLength !== BLOCK) return encodeMember(member);
      before = member;
      block = encoded;
      emptySum = parseInt(block.toString('latin1', CHECKSUM.at, CHECKSUM.at + CHECKSUM.digits), 8);
    }
    let sum = emptySum;
    for (let at = 0; at < name.length; at++) sum += name.charCodeAt(at);
    for (let at = 0; at < digits.length; at++) sum += digits.charCodeAt(at) - ZERO;
    block.fill(0, 0, NAME_LENGTH).write(name, 'latin1');
    block.write(digits.padStart(SIZE.digits, '0'), SIZE.at, 'latin1');
    block.write(sum.toString(8).padStart(CHECKSUM.digits, '0'), CHECKSUM.at, 'latin1');
    return block;
  };
}

/** Whether the headers of two files differ in name, size and checksum alone. */
function isAlike(one: MemberHeader, other: MemberHeader): boolean {
  return (
    one.mode === other.mode &&
    one.uid === other.uid &&
    one.gid === other.gid &&
    one.mtime === other.mtime &&
    one.linkname === other.linkname
  );
}

/** The extended header that tar-stream writes before a header for its long names. */
function extensionOf(header: EncodedHeader): Uint8Array {
  const records = encodePax(header);
  const short = encodeShort({ ...header, type: 'pax-header', size: records.byteLength });
  return Buffer.concat([short, records], short.byteLength + paddedSize(records.byteLength));
}

/** A header without its names, which the extended header before it has. */
function encodeShort({ linkname, ...header }: EncodedHeader): Uint8Array {
  const link = linkname === undefined ? undefined : EXTENDED_NAME;
  const encoded = encode({ ...header, name: EXTENDED_NAME, linkname: link });
  if (!encoded) throw new TypeError('a short name does not fit in a header');
  return encoded;
}

/** An extended header for what tar-stream cannot write: names that are not UTF-8, large owners. */
function ownExtension({ name, linkname, uid = 0, gid = 0 }: MemberHeader): Uint8Array | undefined {
  const isNeeded =
    isByteName(name) || isByteName(linkname ?? '') || Math.max(uid, gid) > MAX_HEADER_OWNER;
  if (!isNeeded) return undefined;
  return encodePaxHeader([
    ['path', encodeName(name)],
    ...(linkname === undefined ? [] : [['linkpath', encodeName(linkname)] as const]),
    ['uid', Buffer.from(`${uid}`)],
    ['gid', Buffer.from(`${gid}`)],
  ]);
}
