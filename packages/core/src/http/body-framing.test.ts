import { describe, expect, it } from 'vitest';
import { ChunkedBody, SizedBody, type BodyFraming } from './body-framing.js';

/** Takes bytes in reads of that many, or fewer, and returns the content. */
function take(framing: BodyFraming, bytes: Uint8Array, most: number): string {
  const content: Buffer[] = [];
  for (let at = 0; at < bytes.byteLength && !framing.isDone; at += most) {
    const read = Buffer.from(bytes.subarray(at, at + most));
    content.push(read.subarray(0, framing.take(read)));
  }
  return Buffer.concat(content).toString('latin1');
}

const chunked = (text: string, most: number): [string, boolean] => {
  const framing = new ChunkedBody();
  return [take(framing, Buffer.from(text, 'latin1'), most), framing.isDone];
};

describe('a body in chunks', () => {
  const LONG = 'x'.repeat(0x1ab);
  it.each([
    ['0\r\n\r\n', '', true],
    ['5\r\nhello\r\n0\r\n\r\n', 'hello', true],
    ['5\r\nhello\r\n3\r\n\r\n0\r\n0\r\n\r\n', 'hello\r\n0', true],
    [`1aB\r\n${LONG}\r\n00\r\n\r\n`, LONG, true],
    ['5;name="value"\r\nhello\r\n1 \r\n!\r\n0;last\r\n\r\n', 'hello!', true],
    ['5\r\nhello\r\n0\r\nx-checksum: 1\r\nx-other: 2\r\n\r\n', 'hello', true],
    ['5\r\nhello\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n', 'hello', true],
    ['5\r\nhello\r\n', 'hello', false],
    ['5\r\nhel', 'hel', false],
    ['5\r', '', false],
  ])('%j', (text, content, isDone) => {
    for (const most of [1, 2, 3, 7, 64, 1000])
      expect(chunked(text, most)).toEqual([content, isDone]);
  });

  it.each([
    ['no size', '\r\n'],
    ['another number', 'xyz\r\n'],
    ['a negative size', '-5\r\nhello'],
    ['a size with a prefix', '0x5\r\nhello'],
    ['a size that is no safe number', `1${'0'.repeat(12)}\r\n`],
    ['a bare line feed', '5\nhello\r\n0\r\n\r\n'],
    ['a chunk that is longer than its size', '4\r\nhello\r\n0\r\n\r\n'],
    ['a chunk that is shorter than its size', '6\r\nhello\r\n0\r\n\r\n'],
    ['an endless line', 'x'.repeat(10_000)],
    ['an endless extension', `5;${'x'.repeat(10_000)}`],
    ['an endless trailer', `0\r\n${'a: b\r\n'.repeat(2000)}`],
  ])('with %s is refused', (_, text) => {
    for (const most of [1, 5, 20_000])
      expect(() => chunked(text, most)).toThrow(
        expect.objectContaining({ code: 'HPE_INVALID_CHUNK_SIZE' }),
      );
  });
});

it('a body of a known size ends with it', () => {
  const framing = new SizedBody(5);
  expect(take(framing, Buffer.from('hel'), 2)).toBe('hel');
  expect(framing.isDone).toBe(false);
  expect(take(framing, Buffer.from('lo and more'), 100)).toBe('lo');
  expect(framing.isDone).toBe(true);
});
