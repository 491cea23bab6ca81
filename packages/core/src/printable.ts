/** Control and format characters (also those that turn the direction of text), lone surrogates, line separators. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Marks of commands to a CI system: `::` at the beginning of a line (GitHub), `##[`, `##vso[`, `##teamcity[` anywhere. */
const LINE_COMMAND = /^([^\S\n]*):(?=:)/gm;
const INLINE_COMMAND = /#(?=#[a-z-]*\[)/gi;

/**
 * Escapes a value from elsewhere for one line of a terminal or a log: control characters, line ends and invisible characters
 * are written as `\x1b`, `\n` or `\u{202e}`.
 */
export function printable(text: string): string {
  return text.replace(UNSEEN, escaped);
}

/**
 * Escapes a text for a terminal or a log as {@link printable} does, but keeps its line ends and tabs, and escapes commands to CI
 * systems (`::`, `##[`).
 */
export function printableLines(text: string): string {
  return text
    .replace(UNSEEN, (character) => (/[\n\t]/.test(character) ? character : escaped(character)))
    .replace(LINE_COMMAND, '$1\\x3a')
    .replace(INLINE_COMMAND, '\\x23');
}

/** A JSON document for a terminal or a log: the same value, escaped as {@link printableLines} does. */
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
