/** Control and format characters (including those that change text direction), lone surrogates, line separators. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const HAS_INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
/** The same but for line ends and tabs. */
const INVISIBLE_IN_LINE = /[^\P{Cc}\n\t]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Commands to CI systems in logs: `::` at the beginning of a line (GitHub), `##[`, `##vso[`, `##teamcity[` anywhere. */
const LINE_COMMAND = /^([^\S\n]*):(?=:)/gm;
const INLINE_COMMAND = /#(?=#[a-z-]*\[)/gi;

/**
 * Escapes an untrusted value for one line of a terminal or a log: control characters, line ends and invisible characters
 * become `\x1b`, `\n` or `\u{202e}`.
 */
export function printable(text: string): string {
  // Most values need no escape, and a table has many: a test takes half as long as a replacement.
  return HAS_INVISIBLE.test(text) ? text.replace(INVISIBLE, escapeCharacter) : text;
}

/**
 * Escapes a text for a terminal or a log as {@link printable} does, but keeps line ends and tabs, and escapes commands to CI
 * systems (`::`, `##[`).
 */
export function printableLines(text: string): string {
  return text
    .replace(INVISIBLE_IN_LINE, escapeCharacter)
    .replace(LINE_COMMAND, '$1\\x3a')
    .replace(INLINE_COMMAND, '\\x23');
}

/** A JSON document for a terminal or a log: the same value, escapeCharacter as {@link printableLines} does. */
export function printableJson(value: unknown, space?: number): string {
  return JSON.stringify(value, null, space)
    .replace(INVISIBLE, (character) => (character === '\n' ? character : escapeForJson(character)))
    .replace(INLINE_COMMAND, '\\u0023');
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  return SHORT_ESCAPES[character] ?? (code > 0xff ? `\\u{${hex}}` : `\\x${hex.padStart(2, '0')}`);
}

/** One escape for each UTF-16 code unit. */
function escapeForJson(character: string): string {
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');
}
