import { constants } from 'node:fs';
import { pack, type Pack } from 'tar-stream';
import { encodeName, isByteName } from '../disk/byte-names.js';
import type { Bytes } from '../transfer/store.js';
import { drained } from '../transfer/tap.js';
import { encodePaxHeader } from './tar-header.js';

const { S_IFREG } = constants;
/** The name in a header whose real name is in the extended header before it. */
const EXTENDED_NAME = 'PaxHeader';
/** The largest owner that fits in a header; tar-stream writes this number for larger ones. */
const MAX_HEADER_OWNER = 0o777777;

/** A file, folder or symbolic link of a tar or of the context of a build. */
export interface TarMember {
  /** Names and link targets may have bytes that are not UTF-8, as `decodeName` writes them. */
  readonly name: string;
  readonly size: number;
  /** Opens its content, of `size` bytes. */
  readonly open: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** Permission bits; 0o644 when omitted. */
  readonly mode?: number;
  readonly type?: 'file' | 'directory' | 'symlink';
  readonly linkname?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Seconds since 1970; 0 when omitted. */
  readonly mtime?: number;
}

/** Streams members as a tar. Reproducible: it contains no current time, user name or host name. */
export async function* packTar(members: Iterable<TarMember> | AsyncIterable<TarMember>): Bytes {
  const tar = pack();
  const writing = writeMembers(tar, members).then(
    () => tar.finalize(),
    (error: unknown) => tar.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  try {
    for await (const chunk of tar) yield chunk;
  } finally {
    tar.destroy();
    await writing;
  }
}

async function writeMembers(
  tar: Pack,
  members: Iterable<TarMember> | AsyncIterable<TarMember>,
): Promise<void> {
  for await (const member of members) {
    const {
      name,
      size,
      mode = 0o644,
      type = 'file',
      linkname,
      uid = 0,
      gid = 0,
      mtime = 0,
    } = member;
    const extended = extendedHeader(member);
    if (extended) tar.push(extended);
    const header = {
      name: extended ? EXTENDED_NAME : name,
      size,
      // tar-stream replaces mode 0 by a default, and writes permission bits alone.
      mode: mode | S_IFREG,
      type,
      uid,
      gid,
      mtime: new Date(mtime * 1000),
      ...(linkname === undefined ? {} : { linkname: extended ? EXTENDED_NAME : linkname }),
    };
    let body: Promise<void> | undefined;
    const written = new Promise<void>((resolve, reject) => {
      const entry = tar.entry(header, (error) => (error ? reject(error) : resolve()));
      // Destroying the archive destroys its open member too; without a listener that error would be unhandled.
      entry.once('error', reject);
      if (type === 'file') body = writeBody(member.open(), entry);
      body?.catch(reject);
    });
    // What a member reads is closed when this ends, also after an error.
    await Promise.allSettled([written, body]);
    await written;
  }
}

/** A pax header for what tar-stream cannot write: names that are not UTF-8, large owners. */
function extendedHeader({ name, linkname, uid = 0, gid = 0 }: TarMember): Uint8Array | undefined {
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

async function writeBody(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  entry: NodeJS.WritableStream,
): Promise<void> {
  let isClosed = false;
  entry.once('close', () => (isClosed = true));
  for await (const chunk of chunks) {
    if (isClosed) return;
    if (!entry.write(chunk)) await drained(entry);
  }
  entry.end();
}
