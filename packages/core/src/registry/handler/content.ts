import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { HostedBlob } from '../hosted.js';
import { readAll } from '../../transfer/verified.js';
import { answer, type Exchange } from './exchange.js';
import { Problem } from '../problem.js';
import { parseRange } from './range.js';
import { itsTurn, openFile, SINGLE_READ_BYTES } from './send-file.js';

/**
 * Answers GET and HEAD of immutable content; supports `Range` and `If-None-Match`. Content of unknown size is sent whole. If
 * arriving content turns out to be wrong, the connection is closed before the end.
 */
export async function sendContent(
  exchange: Exchange,
  repository: string,
  descriptor: HostedBlob,
): Promise<void> {
  const { request, response, reader } = exchange;
  const { digest, size, mediaType, content } = descriptor;
  const tag = `"${digest}"`;
  const isSized = size < Infinity;
  const common = {
    'docker-content-digest': digest,
    etag: tag,
    ...(isSized ? { 'accept-ranges': 'bytes' } : {}),
  };
  const { 'if-none-match': known, 'if-range': unless, range } = request.headers;
  if (known !== undefined && known.split(',').some((each) => ['*', tag].includes(each.trim())))
    return void response.writeHead(304, common).end();
  const isRanged = isSized && (unless === undefined || unless === tag);
  const wanted = parseRange(isRanged ? range : undefined, size);
  if (wanted.kind === 'nothing')
    return answer(exchange, 416, { ...common, 'content-range': `bytes */${size}` });
  const { start, end } = wanted.kind === 'part' ? wanted : { start: 0, end: size };
  const isEmpty = request.method === 'HEAD' || start === end;
  if (typeof content === 'string' && end - start > SINGLE_READ_BYTES) await itsTurn(response);
  using file = typeof content === 'string' && !isEmpty ? openFile(content) : undefined;
  if (typeof content === 'string' && !isEmpty && !file)
    throw new Problem('BLOB_UNKNOWN', `no blob ${digest} in ${repository}`);
  response.writeHead(wanted.kind === 'part' ? 206 : 200, {
    ...common,
    'content-type': mediaType,
    ...(isSized ? { 'content-length': end - start } : {}),
    ...(wanted.kind === 'part' ? { 'content-range': `bytes ${start}-${end - 1}/${size}` } : {}),
  });
  if (isEmpty) return void response.end();
  if (file) return await file.send(response, { start, end });
  if (content instanceof Uint8Array) return void response.end(content.subarray(start, end));
  const { signal } = exchange;
  const bytes = reader.read(repository, descriptor, { start, end, signal });
  // The first byte may be far away, and some clients wait for headers only so long.
  if (descriptor.isArriving) response.flushHeaders();
  else if (end - start <= SINGLE_READ_BYTES)
    return void response.end(await readAll(bytes, SINGLE_READ_BYTES));
  await pipeline(Readable.from(bytes, { objectMode: false, highWaterMark: 1 }), response);
}
