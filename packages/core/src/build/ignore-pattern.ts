import { ImageError } from '../errors.js';

/**
 * One element of a pattern. `star` matches any characters of one segment; `folders` any number of whole segments, each
 * with its slash; `all` anything.
 */
export type Token =
  | { readonly kind: 'literal'; readonly char: string }
  | { readonly kind: 'any' | 'star' | 'folders' | 'all' }
  | { readonly kind: 'class'; readonly isNegated: boolean; readonly ranges: readonly Range[] };
type Range = readonly [from: string, to: string];

/**
 * Takes a cleaned pattern of `.dockerignore` apart, with the meaning that Docker gives it: Go's `filepath.Match`, and
 * `**` (moby/patternmatcher). All other characters stand for themselves.
 *
 * @param escapes whether a backslash takes the next character as it is; on Windows it separates segments.
 * @throws ImageError INVALID (a bracket that is not closed)
 */
export function parsePattern(pattern: string, escapes = true): Token[] {
  const chars = [...pattern];
  const tokens: Token[] = [];
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] ?? '';
    if (char === '*' && chars[at + 1] === '*') {
      at += chars[at + 2] === '/' ? 2 : 1;
      add(tokens, { kind: at + 1 < chars.length ? 'folders' : 'all' });
    } else if (char === '*') add(tokens, { kind: 'star' });
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

/** Of equal repetitions in a row one does the same. */
function add(tokens: Token[], token: Token): void {
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
    if (char === undefined) throw unclosed(pattern);
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

function unclosed(pattern: string): ImageError {
  return new ImageError(
    'INVALID',
    `.dockerignore: expected a bracket that is closed, got ${JSON.stringify(pattern)}`,
    { hint: 'Write \\[ for a bracket itself.' },
  );
}

/** Whether a token that stands for one character stands for this one; none but `all` crosses a slash. */
export function takes(token: Token, char: string): boolean {
  if (token.kind === 'literal') return token.char === char;
  if (token.kind !== 'class') return token.kind === 'all' || char !== '/';
  const isIn = token.ranges.some(([from, to]) => from <= char && char <= to);
  return char !== '/' && isIn !== token.isNegated;
}
