import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readMessage, textOf, writeMessage } from './protobuf.js';

it('reads what it wrote: texts, bytes and numbers', () => {
  const field = fc.oneof(fc.string(), fc.uint8Array(), fc.nat({ max: 2 ** 31 }));
  fc.assert(
    fc.property(fc.dictionary(fc.integer({ min: 1, max: 2000 }).map(String), field), (fields) => {
      const read = [...readMessage(writeMessage(fields))];
      expect(
        read.map((each) => {
          const written = fields[each.number];
          if (typeof written === 'number') return [each.number, Number(each.value)];
          return typeof written === 'string'
            ? [each.number, textOf(each)]
            : [each.number, new Uint8Array(each.value as Uint8Array)];
        }),
      ).toEqual(
        Object.entries(fields).map(([number, value]) => [
          Number(number),
          value instanceof Uint8Array ? new Uint8Array(value) : value,
        ]),
      );
    }),
  );
});

it('skips numbers of a fixed size', () => {
  const fixed = Buffer.from([0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x15, 1, 2, 3, 4]);
  const read = [...readMessage(Buffer.concat([fixed, writeMessage({ 3: 'x' })]))];
  expect(read.map((field) => [field.number, textOf(field)])).toEqual([[3, 'x']]);
});

it.each([
  ['a text that is cut', [0x0a, 5, 1]],
  ['a number without an end', [0x08, 0xff, 0xff]],
  ['a number of eleven bytes', [0x08, ...new Array<number>(11).fill(0xff)]],
  ['a length beyond the message', [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
  ['a group', [0x0b]],
])('refuses %s', (_, bytes) => {
  expect(() => [...readMessage(Uint8Array.from(bytes))]).toThrow(RangeError);
});
