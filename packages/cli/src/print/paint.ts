import { styleText } from 'node:util';

const COLOURS = { 'stowage:': 'red', 'error:': 'red', 'note:': 'yellow' } as const;

/** Colours the first word (`stowage:`, `error:`, `note:`) of a line for a terminal, unless `NO_COLOR` is set. */
export function painted(line: string, stream: NodeJS.WriteStream): string {
  const [word] = /^(?:stowage|error|note):/.exec(line) ?? [];
  if (word === undefined) return line;
  const colour = COLOURS[word as keyof typeof COLOURS];
  return styleText(colour, word, { stream }) + line.slice(word.length);
}
