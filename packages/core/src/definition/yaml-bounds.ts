import type { Document } from 'yaml';
import { yaml } from './libraries.js';

/** More than a person writes (characters). */
export const YAML_LIMIT = 1024 * 1024;
/** What the parser takes more than linear time for; people write far less of each. */
const BLANKS = 1000;
const ALIASES = 500;

/** Why a text is not even parsed; undefined when it may be. */
export function whyNotParsed(text: string, limit: number): string | undefined {
  if (text.length > limit) return `expected at most ${limit} characters, got ${text.length}`;
  let blanks = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    blanks = code === 0x20 || code === 0x09 ? blanks + 1 : 0;
    if (blanks > BLANKS) return `expected at most ${BLANKS} blanks in a row, got more`;
  }
  return undefined;
}

/** Something wrong at an offset of the text. */
export interface YamlProblem {
  readonly offset: number;
  readonly message: string;
}

/** Keys that a map has twice, and too many aliases, found in one pass: the parser compares every pair of keys. */
export function problemsIn(document: Document): YamlProblem[] {
  const { isNode, isScalar, visit } = yaml();
  const problems: YamlProblem[] = [];
  let aliases = 0;
  visit(document, {
    Alias: (_, { range }) => {
      if (++aliases > ALIASES)
        problems.push({
          offset: range?.[0] ?? 0,
          message: `expected at most ${ALIASES} aliases, got more`,
        });
      return aliases > ALIASES ? visit.BREAK : undefined;
    },
    Map: (_, { items }) => {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        // Merge keys may be there several times.
        if (!isNode(key) || !isScalar(key) || key.value === '<<') continue;
        if (seen.has(key.value))
          problems.push({ offset: key.range?.[0] ?? 0, message: 'Map keys must be unique' });
        seen.add(key.value);
      }
    },
  });
  return problems;
}
