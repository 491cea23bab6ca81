import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { inChunks } from '../../../testing/chunks.js';
import { announcedSize, answer, answerJson, readBody, type Exchange } from './exchange.js';

function exchange(headers: Readonly<Record<string, string>> = {}, body = '') {
  const written: unknown[] = [];
  const response = {
    writeHead: (...head: unknown[]) => void written.push(...head),
    end: (text: string) => void written.push(text),
  };
  const own: Partial<Exchange> = {
    request: { headers } as IncomingMessage,
    response: response as unknown as ServerResponse,
    body: inChunks(Buffer.from(body), 3),
    manifestBytes: 10,
  };
  return { written, exchange: own as Exchange };
}

it('an answer has the length of its body in bytes, and its headers', () => {
  const { exchange: one, written } = exchange();
  answer(one, 202, { location: '/x' }, 'é');
  expect(written).toEqual([202, { 'content-length': 2, location: '/x' }, 'é']);
  const { exchange: other, written: json } = exchange();
  answerJson(other, { a: 1 });
  expect(json).toEqual([
    200,
    { 'content-length': 7, 'content-type': 'application/json' },
    '{"a":1}',
  ]);
});

describe('the size of a manifest', () => {
  it('is that of its header, else the limit', () => {
    expect(announcedSize(exchange({ 'content-length': '7' }).exchange)).toBe(7);
    expect(announcedSize(exchange().exchange)).toBe(10);
    expect(() => announcedSize(exchange({ 'content-length': '11' }).exchange)).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE', headers: { connection: 'close' } }) as Error,
    );
  });

  it('is limited, whatever the header says', async () => {
    expect(String(await readBody(exchange({}, '0123456789').exchange))).toBe('0123456789');
    await expect(readBody(exchange({}, '0123456789a').exchange)).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
  });
});
