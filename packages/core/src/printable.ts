/** Control and format characters (also those that turn the direction of text), lone surrogates, line separators. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Marks of commands to a CI system: `::` at the beginning of a line (GitHub), `##[`, `##vso[`, `##teamcity[` anywhere. */
const LINE_COMMAND = /^([^\S\n]*):(?=:)/gm;
const INLINE_COMMAND = /#(?=#[a-z-]*\[)/gi;

/**
 * A value from elsewhere on one line of a terminal or a log: whatever moves the cursor, ends the line or is not seen
 * is written as an escape, as in `\x1b`, `\n` and `\u{202e}`.
 */
export function printable(text: string): string {
  return text.replace(UNSEEN, escaped);
}

/**
 * A whole text for a terminal or a log, with its lines and tabs. Everything else is as in {@link printable}, and
 * nothing in it is a command to the CI system that reads the log.
 */
export function printableLines(text: string): string {
  return text
    .replace(UNSEEN, (character) => (/[\n\t]/.test(character) ? character : escaped(character)))
    .replace(LINE_COMMAND, '$1\\x3a')
    .replace(INLINE_COMMAND, '\\x23');
}

/** A JSON document for a terminal or a log: the same value, with escapes as in {@link printableLines}. */
export function printableJson(value: unknown, space?: number): string {
  return JSON.stringify(value, null, space)
    .replace(UNSEEN, (character) => (character === '\n' ? character : jsonEscaped(character)))
    .replace(INLINE_COMMAND, '\\u0023');
}

const NAMES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  return NAMES[character] ?? (code > 0xff ? `\\u{${hex}}` : `\\x${hex.padStart(2, '0')}`);
}

/** One escape for each of its one or two UTF-16 units. */
function jsonEscaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');
}
