import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Hosted, Hosting } from '../transfer/hosted.js';
import type { May } from './access.js';
import { Problem } from './problem.js';

/** One request on its way through the registry. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly hosted: Hosted;
  /** Ends when the client goes away. */
  readonly signal: AbortSignal;
  /** The same repositories, to be written. @throws Problem UNSUPPORTED (read-only) */
  readonly hosting: () => Hosting;
  /** What its sender may do. */
  readonly may: May;
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

/** Reads a body that must be small. @throws Problem TOO_LARGE */
export async function readBody({ request, manifestBytes }: Exchange): Promise<Buffer> {
  const tooLarge = () =>
    new Problem('TOO_LARGE', `manifest: expected at most ${manifestBytes} bytes`, {
      // What comes after is not read.
      headers: { connection: 'close' },
    });
  if (Number(request.headers['content-length'] ?? 0) > manifestBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > manifestBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
