import { ImageError } from '../../errors.js';

/**
 * One element of a pattern. `any` matches one character of a path segment, `star` any number of them; `folders` any number
 * of whole segments, each with its slash; `all` everything.
 */
export type Token =
  | { readonly kind: 'literal'; readonly char: string }
  | { readonly kind: 'any' | 'star' | 'folders' | 'all' }
  | { readonly kind: 'class'; readonly isNegated: boolean; readonly ranges: readonly Range[] };
/** Code points, both included. */
type Range = readonly [from: number, to: number];

/** A `**` at the start that is followed by a name alone: Docker compares this name with the end of the path. */
const SUFFIX = /^\*\*[^/*?[\]\\]/;
const WITH_WILDCARD = /[*?[\]\\]/;

/**
 * Parses a normalized pattern of `.dockerignore` as Docker does: Go's `filepath.Match`, plus `**` (moby/patternmatcher). All
 * other characters are literal. Of patterns that Docker refuses, those with one clear meaning are accepted: `-` and `]` at the
 * start of brackets, a backslash at the end.
 *
 * @param escapes whether a backslash escapes the next character; false on Windows, where it separates segments.
 * @throws ImageError INVALID (brackets without an end, a range that goes down)
 */
export function parsePattern(pattern: string, escapes = true): Token[] {
  const isSuffix = SUFFIX.test(pattern) && !WITH_WILDCARD.test(pattern.slice(2));
  const chars = [...pattern];
  const tokens: Token[] = [];
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] ?? '';
    if (char === '*' && chars[at + 1] === '*') {
      at += chars[at + 2] === '/' ? 2 : 1;
      addRepetition(tokens, { kind: at + 1 < chars.length && !isSuffix ? 'folders' : 'all' });
    } else if (char === '*') addRepetition(tokens, { kind: 'star' });
    else if (char === '?') tokens.push({ kind: 'any' });
    else if (char === '[') {
      const { token, end } = parseClass(chars, at + 1, pattern);
      tokens.push(token);
      at = end;
    } else if (char === '\\' && escapes && at + 1 < chars.length)
      tokens.push({ kind: 'literal', char: chars[++at] ?? '' });
    else tokens.push({ kind: 'literal', char });
  }
  return tokens;
}

/** Adds a repetition; equal ones in a row match the same as one. */
function addRepetition(tokens: Token[], token: Token): void {
  if (tokens.at(-1)?.kind !== token.kind) tokens.push(token);
}

function parseClass(
  chars: readonly string[],
  start: number,
  pattern: string,
): { readonly token: Token; readonly end: number } {
  const isNegated = chars[start] === '^';
  const ranges: Range[] = [];
  let at = isNegated ? start + 1 : start;
  const next = (): number => {
    if (chars[at] === '\\') at++;
    const code = chars[at++]?.codePointAt(0);
    if (code === undefined) throw badPattern(pattern, 'a closed bracket');
    return code;
  };
  while (chars[at] !== ']' || ranges.length === 0) {
    const from = next();
    const isRange = chars[at] === '-' && chars[at + 1] !== ']';
    if (isRange) at++;
    const to = isRange ? next() : from;
    if (from > to) throw badPattern(pattern, 'a range that goes up');
    ranges.push([from, to]);
  }
  return { token: { kind: 'class', isNegated, ranges }, end: at };
}

/** The error for a pattern without a meaning, which Docker refuses, too. */
export function badPattern(pattern: string, expected: string): ImageError {
  return new ImageError(
    'INVALID',
    `pattern: expected ${expected}, got ${JSON.stringify(pattern)}`,
    { hint: 'Write a backslash before each character that stands for itself, as in \\[.' },
  );
}

/**
 * Whether a token matches this character. Brackets can match `/`, as in Docker; `?` and `*` cannot. `folders` is handled by
 * the caller.
 */
export function matchesChar(token: Token, char: string): boolean {
  if (token.kind === 'literal') return token.char === char;
  if (token.kind !== 'class') return token.kind === 'all' || char !== '/';
  const code = char.codePointAt(0) ?? 0;
  return token.ranges.some(([from, to]) => from <= code && code <= to) !== token.isNegated;
}
