import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { RegistryReader, RegistryStorage } from '../hosted.js';
import type { Bytes } from '../../transfer/store.js';
import { readUnlessOver } from '../../transfer/verified.js';
import type { Rights } from '../access/access.js';
import { Problem } from '../problem.js';

/** One request and its response. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly reader: RegistryReader;
  /** Aborted when the response has ended or the client has disconnected. Made when it is read, so read it only where it is used. */
  readonly signal: AbortSignal;
  /** Returns the same repositories for writing. @throws Problem UNSUPPORTED (read-only) */
  readonly storage: () => RegistryStorage;
  readonly rights: Rights;
  /** The request's body; it can be read once. @throws Problem BLOB_UPLOAD_INVALID (the client sends too slowly) */
  readonly body: Bytes;
  /** Reserves memory for a manifest (bytes) until the result is disposed of. @throws Problem TOOMANYREQUESTS */
  readonly reserve: (bytes: number) => Promise<Disposable>;
  /** The largest manifest, in bytes. */
  readonly manifestBytes: number;
}

export function answer(
  { response }: Exchange,
  status: number,
  headers: OutgoingHttpHeaders = {},
  body = '',
): void {
  response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers });
  response.end(body);
}

export function answerJson(
  exchange: Exchange,
  document: unknown,
  headers: OutgoingHttpHeaders = {},
): void {
  const body = JSON.stringify(document);
  answer(exchange, 200, { 'content-type': 'application/json', ...headers }, body);
}

/** The size of a manifest according to `Content-Length` (bytes); the limit if there is none. @throws Problem TOO_LARGE */
export function announcedSize({ request, manifestBytes }: Exchange): number {
  const size = Number(request.headers['content-length'] ?? manifestBytes);
  if (size > manifestBytes) throw tooLarge(manifestBytes);
  return size;
}

/** Reads the body of a manifest into memory. @throws Problem TOO_LARGE */
export async function readBody({ body, manifestBytes }: Exchange): Promise<Buffer> {
  return readUnlessOver(manifestBytes, body, () => tooLarge(manifestBytes));
}

function tooLarge(manifestBytes: number): Problem {
  return new Problem('TOO_LARGE', `manifest: larger than the limit of ${manifestBytes} bytes`, {
    // Close the connection, as the rest of the body is not read.
    headers: { connection: 'close' },
  });
}
