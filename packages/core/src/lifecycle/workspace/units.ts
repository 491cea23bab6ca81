import bytes from 'bytes';
import ms, { type StringValue } from 'ms';
import { ImageError } from '../../errors.js';
import { wording, type Wording } from '../../wording.js';

/** Parses a duration into milliseconds. @param rule its setting, for messages. @throws ImageError USAGE */
export function parseDuration(text: string, rule: string | Wording): number {
  // `ms` throws errors of its own for empty and for very long text.
  const isDuration = /^[0-9]*\.?[0-9]+ ?[a-z]*$/i.test(text) && text.length <= 100;
  const milliseconds = isDuration ? ms(text as StringValue) : NaN;
  if (milliseconds >= 0) return milliseconds;
  throw new ImageError(
    'USAGE',
    wording`${rule}: expected a duration such as 30d or 12h, got ${JSON.stringify(text)}`,
  );
}

/** Parses a size, or a share of `total` such as `10%`, into bytes. @throws ImageError USAGE */
export function parseSpace(text: string, total: number, rule: string | Wording): number {
  const [, percent] = /^([0-9]+(?:\.[0-9]+)?) ?%$/.exec(text) ?? [];
  if (percent !== undefined && Number(percent) <= 100) return (total * Number(percent)) / 100;
  return parseSize(text, rule, 'a size such as 20GB or 10%');
}

/** Parses a size into bytes; `10GB` and `10GiB` both mean 10 × 2³⁰. @throws ImageError USAGE */
export function parseSize(
  text: string,
  rule: string | Wording,
  expected = 'a size such as 20GB',
): number {
  const isSize = /^[0-9]+(?:\.[0-9]+)? ?(?:[kmgtp]?i?b)?$/i.test(text);
  const parsed = isSize ? bytes.parse(text.replace(/i(?=b$)/i, '')) : null;
  if (parsed !== null) return parsed;
  throw new ImageError(
    'USAGE',
    wording`${rule}: expected ${expected}, got ${JSON.stringify(text)}`,
  );
}
