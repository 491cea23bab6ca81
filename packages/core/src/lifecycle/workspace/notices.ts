import type { ImageError } from '../../errors.js';
import type { Opened } from '../../open.js';

/** Messages about how a location was opened, and about images in it that cannot be read. */
export function noticesOf({ notices, source, reference }: Opened): string[] {
  const malformed = reference === undefined ? (source.malformed ?? []) : [];
  return [...notices, ...malformed.map(({ error }) => leftOut(error))];
}

/** The message about an image that is left out because it is malformed. */
export function leftOut({ message }: ImageError): string {
  return `left out: ${message}`;
}
