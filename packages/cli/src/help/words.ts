import type { Command } from 'commander';

/** The words that call a command: `stowage cache ls`. */
export function wordsOf(command: Command): string {
  return command.parent ? `${wordsOf(command.parent)} ${command.name()}` : command.name();
}
