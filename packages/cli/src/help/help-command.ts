import { Command } from 'commander';
import { wordsOf } from './words.js';

/** `stowage help VERB…`: the long help of a command; without a verb, that of `stowage --help`. */
export function helpCommand(): Command {
  const command = new Command('help')
    .summary('show all about a command')
    .description('Show all options of a command, its environment variables and exit codes.')
    .argument('[command...]', 'the command, as artifact pull');
  return command.action(async (words: readonly string[]) => {
    const program = command.parent ?? command;
    if (words.length === 0) return program.outputHelp();
    const asked = await named(program, words);
    const { LONG_HELP } = await import('./long-help.js');
    asked?.configureHelp(LONG_HELP).outputHelp();
  });
}

/** The command that words name. @throws CommanderError for words that name none */
async function named(
  command: Command,
  [first, ...rest]: readonly string[],
): Promise<Command | undefined> {
  if (first === undefined) return command;
  const found = command.commands.find(
    (each) => each.name() === first || each.aliases().includes(first),
  );
  if (found) return named(found, rest);
  if (command.commands.length === 0)
    command.error(`error: '${wordsOf(command)}' has no command '${first}'`);
  // Commander's own error, which suggests a similar command.
  await command.parseAsync([first], { from: 'user' });
  return undefined;
}
