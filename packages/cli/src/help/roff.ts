/**
 * Text for man(7) as it is to be shown: without this a backslash begins an escape, a dot or an apostrophe at the beginning of
 * a line a request, and a hyphen and quotes become the typographic ones, which no shell understands.
 */
export function escaped(text: string): string {
  const printed = text.replace(
    /[^A-Za-z0-9 ]/gu,
    (character) => ESCAPES[character] ?? other(character),
  );
  return printed.replace(/^\./gm, '\\&.');
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  "'": '\\(aq',
  '"': '\\(dq',
  '^': '\\(ha',
  '~': '\\(ti',
  '`': '\\(ga',
  '…': '...',
};

/** ASCII as it is; any other character by its code point, so that a page is ASCII. */
function other(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x80 ? character : `\\[u${code.toString(16).toUpperCase().padStart(4, '0')}]`;
}

/** A section with a heading; nothing without content. */
export function section(heading: string, content: string): string {
  return content === '' ? '' : `.SH "${escaped(heading)}"\n${content}`;
}

/** A line of text, which is wrapped where it is shown. */
export function line(text: string): string {
  return `${escaped(text)}\n`;
}

/** Terms, each with a text below it. */
export function items<T>(
  all: readonly T[],
  describe: (item: T) => readonly [term: string, text: string],
): string {
  return all
    .map(describe)
    .map(([term, text]) => `.TP\n.B "${escaped(term)}"\n${line(text)}`)
    .join('');
}

/** Lines that are shown as they are. */
export function literal(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `.nf\n${lines.map(line).join('')}.fi\n`;
}
