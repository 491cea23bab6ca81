import fc from 'fast-check';

/** Bytes and texts that often break parsers. */
const ODD_BYTES = [
  0x00, 0x0a, 0x20, 0x22, 0x2f, 0x30, 0x37, 0x5b, 0x5c, 0x7b, 0x7d, 0x7f, 0x80, 0xff,
];
const ODD_TEXTS = [
  '9007199254740993',
  '99999999999999999999999',
  '-1',
  '1e309',
  'null',
  '[]',
  '{}',
  '""',
  '[[[[[[[[',
  '"__proto__"',
  '../../../etc/passwd',
  '\u0000',
  '\ud800',
  'sha256:',
  '/',
];

type Edit = (bytes: Buffer) => Buffer;

const at = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

const edits: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(at, fc.nat(7)).map(([where, bit]) => changeByte(where, (old) => old ^ (1 << bit))),
  fc.tuple(at, fc.constantFrom(...ODD_BYTES)).map(([where, byte]) => changeByte(where, () => byte)),
  fc.tuple(at, fc.constantFrom(...ODD_TEXTS)).map(([where, text]) => replaceText(where, text, 0)),
  fc
    .tuple(at, fc.constantFrom(...ODD_TEXTS))
    .map(([where, text]) => replaceText(where, text, text.length)),
  fc.tuple(at, fc.nat(64)).map(([where, count]) => replaceText(where, '', count)),
  fc.tuple(at, at, fc.nat(600)).map(([from, to, count]) => copyRange(from, to, count)),
  at.map((where) => truncate(where)),
);

/** Seeds, unchanged or with up to six edits. */
export function mutations(seeds: readonly Uint8Array[]): fc.Arbitrary<Buffer> {
  return fc
    .tuple(fc.constantFrom(...seeds), fc.array(edits, { maxLength: 6 }))
    .map(([seed, all]) => all.reduce<Buffer>((bytes, edit) => edit(bytes), Buffer.from(seed)));
}

function indexAt(bytes: Buffer, where: number): number {
  return Math.floor(where * bytes.byteLength);
}

function changeByte(where: number, change: (old: number) => number): Edit {
  return (bytes) => {
    const copy = Buffer.from(bytes);
    const index = indexAt(copy, where);
    copy[index] = change(copy[index] ?? 0);
    return copy;
  };
}

function replaceText(where: number, text: string, removed: number): Edit {
  return (bytes) => {
    const index = indexAt(bytes, where);
    return Buffer.concat([
      bytes.subarray(0, index),
      Buffer.from(text),
      bytes.subarray(index + removed),
    ]);
  };
}

function truncate(where: number): Edit {
  return (bytes) => bytes.subarray(0, indexAt(bytes, where));
}

function copyRange(from: number, to: number, count: number): Edit {
  return (bytes) => {
    const [source, target] = [indexAt(bytes, from), indexAt(bytes, to)];
    return Buffer.concat([
      bytes.subarray(0, target),
      bytes.subarray(source, source + count),
      bytes.subarray(target),
    ]);
  };
}
