import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { RegistryReader, RegistryStorage } from '../hosted.js';
import type { Bytes } from '../../transfer/store.js';
import type { Rights } from '../access/access.js';
import { Problem } from '../problem.js';

/** One request on its way through the registry. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly hosted: RegistryReader;
  /** Ends when the client goes away. */
  readonly signal: AbortSignal;
  /** The same repositories, to be written. @throws Problem UNSUPPORTED (read-only) */
  readonly hosting: () => RegistryStorage;
  readonly rights: Rights;
  /** The request's body; read it once. @throws Problem BLOB_UPLOAD_INVALID (it comes too slowly) */
  readonly body: Bytes;
  /** Takes memory for a manifest (bytes) until the result is disposed of. @throws Problem TOOMANYREQUESTS */
  readonly reserve: (bytes: number) => Disposable;
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

/** How large a manifest will be, as far as the request says it; the limit otherwise. @throws Problem TOO_LARGE */
export function announcedSize({ request, manifestBytes }: Exchange): number {
  const size = Number(request.headers['content-length'] ?? manifestBytes);
  if (size > manifestBytes) throw tooLarge(manifestBytes);
  return size;
}

/** Reads a body that must be small. @throws Problem TOO_LARGE */
export async function readBody({ body, manifestBytes }: Exchange): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > manifestBytes) throw tooLarge(manifestBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function tooLarge(manifestBytes: number): Problem {
  return new Problem('TOO_LARGE', `manifest: expected at most ${manifestBytes} bytes`, {
    // The rest is not read.
    headers: { connection: 'close' },
  });
}
