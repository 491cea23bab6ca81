/** The part of the content that a request asks for. */
export type RequestedRange =
  | { readonly kind: 'whole' }
  /** `end` is exclusive. */
  | { readonly kind: 'part'; readonly start: number; readonly end: number }
  | { readonly kind: 'nothing' };

/**
 * Parses a `Range` header (RFC 9110 § 14.2). An invalid header or several ranges are ignored, as the RFC allows: the
 * result is the whole content.
 *
 * @param size size of the content, in bytes
 */
export function parseRange(header: string | undefined, size: number): RequestedRange {
  const [, first = '', last = ''] = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header ?? '') ?? [];
  if (first === '' && last === '') return { kind: 'whole' };
  // Imprecise for very long numbers, but those are beyond the end of any content.
  const [from, to] = [Number(first), Number(last)];
  if (first === '')
    return to === 0 || size === 0
      ? { kind: 'nothing' }
      : { kind: 'part', start: Math.max(0, size - to), end: size };
  if (last !== '' && to < from) return { kind: 'whole' };
  if (from >= size) return { kind: 'nothing' };
  return { kind: 'part', start: from, end: last === '' ? size : Math.min(to + 1, size) };
}

/** Parses the `Content-Range` of an upload chunk: `0-99`, also as `bytes 0-99/*`. Undefined if invalid. */
export function parseContentRange(
  header: string,
): { readonly start: number; readonly size: number } | undefined {
  const [, first, last] =
    /^(?:bytes[ =])?\s*(\d{1,15})-(\d{1,15})(?:\/(?:\d+|\*))?$/i.exec(header) ?? [];
  const [start, end] = [Number(first), Number(last)];
  return first === undefined || last === undefined || end < start
    ? undefined
    : { start, size: end - start + 1 };
}
