import { ImageError } from '../errors.js';

/**
 * One element of a pattern. `any` matches one character of a path segment, `star` any number of them; `folders` any number
 * of whole segments, each with its slash; `all` everything.
 */
export type Token =
  | { readonly kind: 'literal'; readonly char: string }
  | { readonly kind: 'any' | 'star' | 'folders' | 'all' }
  | { readonly kind: 'class'; readonly isNegated: boolean; readonly ranges: readonly Range[] };
type Range = readonly [from: string, to: string];

/**
 * Parses a normalized pattern of `.dockerignore` as Docker does: Go's `filepath.Match`, plus `**` (moby/patternmatcher). All
 * other characters are literal.
 *
 * @param escapes whether a backslash escapes the next character; false on Windows, where it separates segments.
 * @throws ImageError INVALID (an unclosed bracket)
 */
export function parsePattern(pattern: string, escapes = true): Token[] {
  const chars = [...pattern];
  const tokens: Token[] = [];
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] ?? '';
    if (char === '*' && chars[at + 1] === '*') {
      at += chars[at + 2] === '/' ? 2 : 1;
      addRepetition(tokens, { kind: at + 1 < chars.length ? 'folders' : 'all' });
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
  const next = (): string => {
    if (chars[at] === '\\') at++;
    const char = chars[at++];
    if (char === undefined) throw unclosedBracket(pattern);
    return char;
  };
  while (chars[at] !== ']' || ranges.length === 0) {
    const from = next();
    const isRange = chars[at] === '-' && chars[at + 1] !== ']';
    if (isRange) at++;
    ranges.push([from, isRange ? next() : from]);
  }
  return { token: { kind: 'class', isNegated, ranges }, end: at };
}

function unclosedBracket(pattern: string): ImageError {
  return new ImageError(
    'INVALID',
    `.dockerignore: expected a closed bracket, got ${JSON.stringify(pattern)}`,
    { hint: 'Write \\[ for a literal bracket.' },
  );
}

/** Whether a token matches this character. Only `all` and a literal slash match `/`; `folders` is handled by the caller. */
export function matchesChar(token: Token, char: string): boolean {
  if (token.kind === 'literal') return token.char === char;
  if (token.kind !== 'class') return token.kind === 'all' || char !== '/';
  const isIn = token.ranges.some(([from, to]) => from <= char && char <= to);
  return char !== '/' && isIn !== token.isNegated;
}
