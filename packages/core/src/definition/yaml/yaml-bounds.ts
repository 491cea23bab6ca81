import type { Document } from 'yaml';
import { yaml } from '../libraries.js';

/** Default limit for a file (characters): more than a person writes. */
export const YAML_LIMIT = 1024 * 1024;
/** The parser needs more than linear time for these; people write far fewer. */
const MAX_BLANKS = 1000;
const MAX_ALIASES = 500;
/** The parser recurses: a regular expression that is compiled near the end of the stack ends the process. */
const MAX_NESTING = 400;
/** A text whose brackets, indentation and indicators stay below this is not nested more deeply either. */
const SURELY_SHALLOW = 100;

/** The reason not to parse a text; undefined if it can be parsed. */
export function reasonNotToParse(text: string, limit: number): string | undefined {
  if (text.length > limit) return `${text.length} characters, more than the limit of ${limit}`;
  let blanks = 0;
  let brackets = 0;
  let mayBeDeep = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // YAML 1.2 § 5.1; the parser accepts them where it cannot write them back, as in the name of an anchor.
    if (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d)
      return `the control character U+${code.toString(16).padStart(4, '0')} in line ${lineAt(text, at)}`;
    blanks = code === 0x20 || code === 0x09 ? blanks + 1 : 0;
    if (code === 0x5b || code === 0x7b) brackets++;
    else if (code === 0x5d || code === 0x7d) brackets = Math.max(0, brackets - 1);
    if (blanks > MAX_BLANKS) return `more than ${MAX_BLANKS} blanks in a row`;
    if (blanks > SURELY_SHALLOW || brackets > SURELY_SHALLOW) mayBeDeep = true;
  }
  return (mayBeDeep || MANY_INDICATORS.test(text)) && isTooDeep(text)
    ? `nested deeper than ${MAX_NESTING} levels`
    : undefined;
}

function lineAt(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}

/** Lists in lists on one line: `- - - x`. */
const MANY_INDICATORS = /(?:[-?:][ \t]+){50}/;

/** Whether a text is nested too deeply to be parsed; this part of the parser does not recurse. */
function isTooDeep(text: string): boolean {
  const { Lexer, Parser } = yaml();
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    // The tokens are not needed, but the parser works only while they are taken.
    Array.from(parser.next(lexeme));
    if (parser.stack.length > MAX_NESTING) return true;
  }
  return false;
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
          message: `more than ${MAX_ALIASES} aliases`,
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
