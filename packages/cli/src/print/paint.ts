import { styleText } from 'node:util';

const COLOURS = { 'stowage:': 'red', 'error:': 'red', 'note:': 'yellow' } as const;

/** A line whose first word has its colour where a stream is a terminal, unless `NO_COLOR` says otherwise. */
export function painted(line: string, stream: NodeJS.WriteStream): string {
  const [word] = /^(?:stowage|error|note):/.exec(line) ?? [];
  if (word === undefined) return line;
  const colour = COLOURS[word as keyof typeof COLOURS];
  return styleText(colour, word, { stream }) + line.slice(word.length);
}
