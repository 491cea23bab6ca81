/** A challenge of the header `WWW-Authenticate` (RFC 9110 § 11.6.1). */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  /** Keys in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
}

const SCHEME = /[\s,]*([A-Za-z0-9!#$%&'*+.^_`|~-]+)(?:\s+|(?=,)|$)/y;
const PARAMETER = /[\s,]*([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))/y;

/** The longest header that is parsed, in characters: Node.js accepts no more for all headers together. */
const MAX_HEADER_CHARACTERS = 16 * 1024;

/** Parses the challenges of a header, up to the first syntax error; a header that is too long has none. */
export function parseChallenges(header: string): Challenge[] {
  if (header.length > MAX_HEADER_CHARACTERS) return [];
  const challenges: Challenge[] = [];
  for (let at = 0; at < header.length; ) {
    SCHEME.lastIndex = at;
    const scheme = SCHEME.exec(header)?.[1]?.toLowerCase();
    if (scheme === undefined) break;
    at = SCHEME.lastIndex;
    const parameters: Record<string, string> = Object.create(null) as Record<string, string>;
    for (;;) {
      PARAMETER.lastIndex = at;
      const [, key, quoted, plain] = PARAMETER.exec(header) ?? [];
      if (key === undefined) break;
      at = PARAMETER.lastIndex;
      parameters[key.toLowerCase()] = quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '';
    }
    challenges.push({ scheme, parameters });
  }
  return challenges;
}
