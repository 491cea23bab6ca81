/** An instruction of a Dockerfile. */
export interface Instruction {
  /** In capital letters. */
  readonly instruction: string;
  /** Its arguments, with continued lines joined. */
  readonly rest: string;
  /** The number of its first line, from 1. */
  readonly line: number;
  /** Whether it has a here-document. */
  readonly hasDocument: boolean;
}

/** Instructions that take here-documents. */
const WITH_DOCUMENTS: ReadonlySet<string> = new Set(['RUN', 'COPY', 'ADD']);

/** The directives, by name: comments `name=value` before all else. */
export function directivesOf(text: string): ReadonlyMap<string, string> {
  const directives = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const [, name, value] = /^\s*(?:#|\/\/)\s*(\w+)\s*=\s*(\S+)/.exec(line) ?? [];
    if (name === undefined || value === undefined) break;
    directives.set(name.toLowerCase(), value);
  }
  return directives;
}

/** The instructions, with continued lines joined; comments and the text of here-documents are left out. */
export function* instructionsOf(text: string): Iterable<Instruction> {
  const escape = directivesOf(text).get('escape') ?? '\\';
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const first = at + 1;
    let line = (lines[at] ?? '').trim();
    if (line === '' || line.startsWith('#')) continue;
    while (line.endsWith(escape) && at + 1 < lines.length) {
      const next = (lines[++at] ?? '').trim();
      line = next === '' || next.startsWith('#') ? line : `${line.slice(0, -1)} ${next}`;
    }
    const [, word = '', rest = ''] = /^(\w+)\s*(.*)$/s.exec(line) ?? [];
    const instruction = word.toUpperCase();
    const before = at;
    if (WITH_DOCUMENTS.has(instruction))
      for (const [, end] of rest.matchAll(/(?:^|\s)\d*<<-?["']?(\w+)["']?(?=\s|$)/g)) {
        const found = lines.findIndex((each, index) => index > at && each.trim() === end);
        // Text that only looks like a here-document must hide no instruction.
        if (found > 0) at = found;
      }
    yield { instruction, rest, line: first, hasDocument: at > before };
  }
}
