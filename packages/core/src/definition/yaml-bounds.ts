import type { Document } from 'yaml';
import { yaml } from './libraries.js';

/** Default limit for a file (characters): more than a person writes. */
export const YAML_LIMIT = 1024 * 1024;
/** The parser needs more than linear time for these; people write far fewer. */
const MAX_BLANKS = 1000;
const MAX_ALIASES = 500;

/** The reason not to parse a text; undefined if it can be parsed. */
export function reasonNotToParse(text: string, limit: number): string | undefined {
  if (text.length > limit) return `expected at most ${limit} characters, got ${text.length}`;
  let blanks = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    blanks = code === 0x20 || code === 0x09 ? blanks + 1 : 0;
    if (blanks > MAX_BLANKS) return `expected at most ${MAX_BLANKS} blanks in a row, got more`;
  }
  return undefined;
}

/** A problem at an offset of the text. */
export interface YamlProblem {
  readonly offset: number;
  readonly message: string;
  /** Whether the whole file is refused because of it: it may take too long to process. */
  readonly isLimit?: boolean;
}

/** Finds duplicate keys and too many aliases in one pass; the parser would compare every pair of keys. */
export function problemsIn(document: Document): YamlProblem[] {
  const { isNode, isScalar, visit } = yaml();
  const problems: YamlProblem[] = [];
  let aliases = 0;
  visit(document, {
    Alias: (_, { range }) => {
      if (++aliases > MAX_ALIASES)
        problems.push({
          offset: range?.[0] ?? 0,
          message: `expected at most ${MAX_ALIASES} aliases, got more`,
          isLimit: true,
        });
      return aliases > MAX_ALIASES ? visit.BREAK : undefined;
    },
    Map: (_, { items }) => {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        // A map may have several merge keys.
        if (!isNode(key) || !isScalar(key) || key.value === '<<') continue;
        if (seen.has(key.value))
          problems.push({ offset: key.range?.[0] ?? 0, message: 'Map keys must be unique' });
        seen.add(key.value);
      }
    },
  });
  return problems;
}
