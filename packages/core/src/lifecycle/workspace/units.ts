import bytes from 'bytes';
import ms, { type StringValue } from 'ms';
import { ImageError } from '../../errors.js';

/** In milliseconds. @throws ImageError USAGE */
export function duration(text: string, rule: string): number {
  const milliseconds = ms(text as StringValue);
  if (typeof milliseconds === 'number' && milliseconds >= 0) return milliseconds;
  throw new ImageError(
    'USAGE',
    `${rule}: expected a duration such as 30d or 12h, got ${JSON.stringify(text)}`,
  );
}

/** In bytes, or as `10%` a part of `total`. @throws ImageError USAGE */
export function space(text: string, total: number, rule: string): number {
  const [, percent] = /^([0-9]+(?:\.[0-9]+)?) ?%$/.exec(text) ?? [];
  if (percent !== undefined && Number(percent) <= 100) return (total * Number(percent)) / 100;
  return size(text, rule, 'a size such as 20GB or 10%');
}

/** In bytes; `10GB` and `10GiB` are 10 × 2³⁰ alike. @throws ImageError USAGE */
export function size(text: string, rule: string, expected = 'a size such as 20GB'): number {
  const isSize = /^[0-9]+(?:\.[0-9]+)? ?(?:[kmgtp]?i?b)?$/i.test(text);
  const parsed = isSize ? bytes.parse(text.replace(/i(?=b$)/i, '')) : null;
  if (parsed !== null) return parsed;
  throw new ImageError('USAGE', `${rule}: expected ${expected}, got ${JSON.stringify(text)}`);
}
