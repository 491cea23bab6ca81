import type { ImageError } from '../../errors.js';
import type { Opened } from '../../open.js';
import { malformedIn } from '../../transfer/graph/graph.js';
import type { Graph } from '../../transfer/graph/graph.js';

/** Messages about how a location was opened, and about images in it that cannot be read. */
export function noticesOf({ notices, source, reference, path }: Opened): string[] {
  const malformed = reference === undefined ? (source.malformed ?? []) : [];
  return [
    ...notices,
    ...malformed.map(({ error, references: [name = path ?? source.location] }) =>
      leftOut(name, error),
    ),
  ];
}

/** The message about an image that is left out because it is malformed. */
export function leftOut(name: string, { message }: ImageError): string {
  return `${name}: left out: ${message}`;
}

/** Messages about members of an index that cannot be used. */
export function malformedMembers(graph: Graph): string[] {
  return malformedIn(graph).map(({ digest, error }) => `${digest}: ${error.message}`);
}
