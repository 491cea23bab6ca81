import { pack, type Pack } from 'tar-stream';
import type { Bytes } from '../transfer/store.js';

export interface TarMember {
  readonly name: string;
  readonly size: number;
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
    await writing;
  } finally {
    tar.destroy();
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
    const header = {
      name,
      size,
      mode,
      type,
      uid,
      gid,
      mtime: new Date(mtime * 1000),
      ...(linkname === undefined ? {} : { linkname }),
    };
    await new Promise<void>((resolve, reject) => {
      const entry = tar.entry(header, (error) => (error ? reject(error) : resolve()));
      // Destroying the archive destroys its open member too; without a listener that error would be unhandled.
      entry.once('error', reject);
      if (type === 'file') writeBody(member.open(), entry).catch(reject);
    });
  }
}

async function writeBody(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  entry: NodeJS.WritableStream,
): Promise<void> {
  for await (const chunk of chunks) {
    if (!entry.write(chunk)) await new Promise<void>((resolve) => entry.once('drain', resolve));
  }
  entry.end();
}
