/** A field of a message: a number, or the bytes of a text, of bytes or of a message inside. */
export interface Field {
  readonly number: number;
  readonly value: bigint | Uint8Array;
}

const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;

/**
 * Reads the fields of a message in their order, whatever its type; numbers of fixed size are skipped, since BuildKit's
 * messages have none that matter here (Protocol Buffers, Encoding).
 *
 * @throws RangeError it is cut short, or has a group
 */
export function* readMessage(bytes: Uint8Array): Iterable<Field> {
  let at = 0;
  const readNumber = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) break;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a message of BuildKit has a number without an end');
  };
  const take = (size: number): Uint8Array => {
    const end = at + size;
    if (end > bytes.length) throw new RangeError('a message of BuildKit is cut short');
    const taken = bytes.subarray(at, end);
    at = end;
    return taken;
  };
  while (at < bytes.length) {
    const tag = readNumber();
    const number = Number(tag >> 3n);
    switch (Number(tag & 7n)) {
      case VARINT:
        yield { number, value: readNumber() };
        break;
      case BYTES:
        yield { number, value: take(Number(readNumber())) };
        break;
      case FIXED_64:
        take(8);
        break;
      case FIXED_32:
        take(4);
        break;
      default:
        throw new RangeError(`a message of BuildKit has a field of type ${tag & 7n}`);
    }
  }
}

/** The text of a field; empty for a number. */
export function textOf({ value }: Field): string {
  return typeof value === 'bigint' ? '' : Buffer.from(value).toString();
}

/** A message of texts, bytes and numbers, by the number of their field. */
export function writeMessage(
  fields: Readonly<Record<number, string | Uint8Array | number>>,
): Buffer {
  const parts = Object.entries(fields).map(([number, value]) => {
    if (typeof value === 'number')
      return Buffer.concat([varint((Number(number) << 3) | VARINT), varint(value)]);
    const bytes = Buffer.from(value);
    return Buffer.concat([varint((Number(number) << 3) | BYTES), varint(bytes.length), bytes]);
  });
  return Buffer.concat(parts);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 0x80)) {
    if (left < 0x80) return Buffer.from([...bytes, left]);
    bytes.push(left % 0x80 | 0x80);
  }
}
