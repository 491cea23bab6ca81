import { encode, encodePax, type EncodedHeader } from 'tar-stream/headers.js';
import { encodeName, isByteName } from '../disk/byte-names.js';
import { encodePaxHeader, paddedSize } from './tar-header.js';

/** The name in a header whose real name is in the extended header before it. */
const EXTENDED_NAME = 'PaxHeader';
/** The largest owner that fits in a header; tar-stream writes this number for larger ones. */
const MAX_HEADER_OWNER = 0o777777;

/** What the header of a member tells. */
export interface MemberHeader {
  /** Names and link targets may have bytes that are not UTF-8, as `decodeName` writes them. */
  readonly name: string;
  readonly size: number;
  /** Permission bits; 0o644 when omitted. */
  readonly mode?: number;
  readonly type?: 'file' | 'directory' | 'symlink';
  readonly linkname?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Seconds since 1970; 0 when omitted. */
  readonly mtime?: number;
}

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
