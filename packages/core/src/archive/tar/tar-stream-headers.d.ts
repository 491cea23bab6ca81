/** The codec of headers in tar-stream, which its own types leave out. */
declare module 'tar-stream/headers.js' {
  export interface EncodedHeader {
    readonly name: string;
    readonly mode: number;
    readonly uid: number;
    readonly gid: number;
    readonly size: number;
    readonly mtime: Date;
    readonly type: 'file' | 'directory' | 'symlink' | 'pax-header';
    readonly linkname?: string | undefined;
  }
  /** Null if the header cannot hold its name or its link. */
  export function encode(header: EncodedHeader): Uint8Array | null;
  /** The records of an extended header. */
  export function encodePax(names: Pick<EncodedHeader, 'name' | 'linkname'>): Uint8Array;
}
