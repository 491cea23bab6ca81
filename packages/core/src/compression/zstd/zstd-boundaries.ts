import { windowTooLargeError } from '../too-much-memory.js';

type Bytes = AsyncIterable<Uint8Array>;

/** Largest window of a frame (bytes): the default limit of the zstd program, too (`--long=27`). */
const WINDOW_LIMIT = 128 * 1024 * 1024;
const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;

/** A request of the parser: read or skip the next `count` bytes, or mark the end of a frame. */
interface Ask {
  readonly kind: 'take' | 'pass' | 'end';
  readonly count: number;
}

const take = (count: number): Ask => ({ kind: 'take', count });
const pass = (count: number): Ask => ({ kind: 'pass', count });

/**
 * Splits chunks at the ends of zstd frames (RFC 8878 § 3.1). The decoders of Node.js need that (ADR 15): they drop data
 * after a frame in the same chunk; Node.js 22 accepts a truncated frame, and Node.js 26 accepts any data after a frame.
 *
 * @throws ImageError TOO_LARGE when a frame needs a larger window, which would be held in memory
 * @throws Error when the input ends within a frame, or is not zstd
 */
export async function* cutAtFrames(bytes: Bytes): Bytes {
  const fields = readFrames();
  const taken: number[] = [];
  let ask = fields.next([]).value;
  let left = ask.count;
  let isWhole = true;
  for await (const chunk of bytes) {
    let [start, at] = [0, 0];
    while (at < chunk.byteLength) {
      const end = Math.min(at + left, chunk.byteLength);
      if (ask.kind === 'take') taken.push(...chunk.subarray(at, end));
      left -= end - at;
      isWhole = false;
      at = end;
      while (left === 0) {
        if (ask.kind === 'end') {
          yield chunk.subarray(start, at);
          start = at;
          isWhole = true;
        }
        ask = fields.next(taken.splice(0)).value;
        left = ask.count;
      }
    }
    if (start < at) yield chunk.subarray(start, at);
  }
  if (!isWhole) throw new Error('zstd: expected the rest of a frame, got the end');
}

/** Parses frames, field by field. */
function* readFrames(): Generator<Ask, never, readonly number[]> {
  for (;;) {
    const magic = littleEndian(yield take(4));
    if (magic >>> 4 === SKIPPABLE >>> 4) yield pass(littleEndian(yield take(4)));
    else if (magic === MAGIC) yield* readFrame();
    else throw new Error(`zstd: expected a frame, got ${magic.toString(16)}`);
    yield { kind: 'end', count: 0 };
  }
}

function* readFrame(): Generator<Ask, void, readonly number[]> {
  const flags = littleEndian(yield take(1));
  const isSingleSegment = (flags & 0x20) !== 0;
  const window = isSingleSegment ? 0 : windowOf(littleEndian(yield take(1)));
  yield pass([0, 1, 2, 4][flags & 3] ?? 0);
  const size = littleEndian(yield take([isSingleSegment ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0));
  refuseAbove(isSingleSegment ? size : window);
  for (let isLast = false; !isLast; ) {
    const block = littleEndian(yield take(3));
    isLast = (block & 1) !== 0;
    yield pass(((block >> 1) & 3) === RUN_LENGTH_BLOCK ? 1 : block >> 3);
  }
  yield pass((flags & 4) === 0 ? 0 : 4);
}

/** Block type of one repeated byte. */
const RUN_LENGTH_BLOCK = 1;

/** RFC 8878 § 3.1.1.1.2. */
function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function refuseAbove(window: number): void {
  if (window > WINDOW_LIMIT)
    throw windowTooLargeError(
      'zstd',
      'a window of at most 128 MiB',
      `one of ${window / 1024 ** 2} MiB`,
    );
}

/** Numbers above 53 bits lose precision, but are far above every limit. */
function littleEndian(bytes: readonly number[]): number {
  return bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
}
