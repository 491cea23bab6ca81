import fc from 'fast-check';
import { pack } from 'tar-stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { BLOCK, decodeGnuText, decodeHeader, decodePax, paddedSize } from './tar-header.js';

const INVALID = expect.objectContaining({ code: 'INVALID' }) as Error;

/** A ustar header with these fields over a regular one, and a valid checksum. */
function header(fields: Readonly<Record<number, string | Uint8Array>>): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  const regular = {
    0: 'name',
    100: '0000644\0',
    124: '00000000005\0',
    156: '0',
    257: 'ustar\x0000',
  };
  for (const [at, value] of Object.entries({ ...regular, ...fields }))
    block.set(typeof value === 'string' ? Buffer.from(value) : value, Number(at));
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

describe('a header', () => {
  it('is decoded as tar-stream wrote it', async () => {
    const tar = pack();
    tar.entry({ name: `${'d'.repeat(99)}/${'n'.repeat(90)}`, size: 3 }, 'abc');
    tar.entry({ name: 'link', type: 'symlink', linkname: 'target' });
    tar.finalize();
    const bytes = await buffer(tar);
    const name = `${'d'.repeat(99)}/${'n'.repeat(90)}`;
    expect(decodeHeader(bytes.subarray(0, BLOCK))).toEqual({
      name,
      size: 3,
      type: 'file',
      link: '',
    });
    expect(decodeHeader(bytes.subarray(2 * BLOCK, 3 * BLOCK))).toMatchObject({
      name: 'link',
      type: 'symlink',
      link: 'target',
    });
    expect(decodeHeader(bytes.subarray(3 * BLOCK, 4 * BLOCK))).toBeUndefined();
  });

  it.each([
    ['0', 'file'],
    ['\0', 'file'],
    ['7', 'file'],
    ['1', 'hardlink'],
    ['5', 'folder'],
    ['x', 'pax'],
    ['g', 'pax-global'],
    ['L', 'gnu-name'],
    ['K', 'gnu-link'],
    ['3', 'device'],
    ['4', 'device'],
    ['6', 'device'],
    ['V', 'other'],
    ['S', 'gnu-sparse'],
  ])('of type %j is %s', (flag, type) => {
    expect(decodeHeader(header({ 156: flag }))?.type).toBe(type);
  });

  it.each([
    ['00000000017\0', 15],
    ['        17 \0', 15],
    ['\0'.repeat(12), 0],
    ['77777777777\0', 8 ** 11 - 1],
    [Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 5]), 2 * 2 ** 32 + 5],
  ])('has the size %j as %i', (size, expected) => {
    expect(decodeHeader(header({ 124: size }))?.size).toBe(expected);
  });

  it.each([
    ['letters', '0000000000x\0'],
    ['digits above 7', '00000000018\0'],
    ['a sign', '-0000000001\0'],
    ['more than can be counted', Buffer.alloc(12, 0xff)],
  ])('with a size of %s is refused', (_what, size) => {
    expect(() => decodeHeader(header({ 124: size }))).toThrow(INVALID);
  });

  it('with any changed byte is refused', () => {
    const good = header({});
    for (let at = 0; at < BLOCK; at++) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] ?? 0) ^ 0x01;
      // The bytes after the digits of the checksum carry nothing.
      if (at < 154 || at > 155) expect(() => decodeHeader(bad), String(at)).toThrow(INVALID);
    }
  });
});

describe('a pax header', () => {
  const record = (key: string, value: string): string => {
    const rest = ` ${key}=${value}\n`;
    const bytes = Buffer.byteLength(rest);
    const length = bytes + String(bytes + String(bytes).length).length;
    return `${length}${rest}`;
  };

  it('gives back every key and value', () => {
    const key = fc.stringMatching(/^[A-Za-z.]{1,20}$/);
    const value = fc.string({ unit: 'binary', maxLength: 120 });
    fc.assert(
      fc.property(fc.dictionary(key, value, { maxKeys: 5 }), (records) => {
        const text = Object.entries(records).map(([name, each]) => record(name, each));
        const body = Buffer.concat([Buffer.from(text.join('')), Buffer.alloc(20)]);
        expect([...decodePax(body)]).toEqual(Object.entries(records));
      }),
    );
  });

  it.each([
    'x',
    '5 a=',
    '9 ab\n',
    '0 a=b\n',
    '-6 a=b\n',
    '6a=b\n',
    ' 6 a=b\n',
    '99999999999 a=b\n',
  ])('with the body %j is refused', (body) => {
    expect(() => decodePax(Buffer.from(body))).toThrow(INVALID);
  });

  it('ends or is refused for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (body) => {
        try {
          decodePax(body);
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID' });
        }
      }),
    );
  });
});

it('a GNU long name ends at the first NUL', () => {
  expect(decodeGnuText(Buffer.from('a/b\0c'))).toBe('a/b');
  expect(decodeGnuText(Buffer.from('ü'))).toBe('ü');
});

it.each([
  [0, 0],
  [1, 512],
  [512, 512],
  [513, 1024],
])('%i bytes take %i in an archive', (size, expected) => {
  expect(paddedSize(size)).toBe(expected);
});
