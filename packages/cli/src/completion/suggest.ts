import { Help, type Command, type Option } from 'commander';

export interface Suggestion {
  readonly value: string;
  /** Description, one line. */
  readonly about: string;
}

/**
 * Suggestions for the last word: commands, options, choices of an option, or images. None where a path is expected.
 *
 * @param words the words after the program's name; the last one is being typed, and may be empty.
 * @param images the image names that a command takes; called only for a command with arguments.
 */
export async function suggest(
  program: Command,
  words: readonly string[],
  images: (command: Command) => Promise<readonly Suggestion[]>,
): Promise<readonly Suggestion[]> {
  const before = words.slice(0, -1);
  const word = words.at(-1) ?? '';
  const matching = (all: readonly Suggestion[], text = word) =>
    all.filter(({ value }) => value.startsWith(text));
  if (before[0] === 'help') return matching(commandsOf(commandOf(program, before.slice(1))));
  const command = commandOf(program, before);
  const [, name, begun] = /^(--[^=]+)=(.*)$/.exec(word) ?? [];
  if (name !== undefined && begun !== undefined)
    return matching(choicesOf(optionCalled(command, name)), begun).map(({ value, about }) => ({
      value: `${name}=${value}`,
      about,
    }));
  const last = optionCalled(command, before.at(-1));
  if (last && takesValue(last)) return matching(choicesOf(last));
  if (word.startsWith('-')) return matching(optionsOf(command));
  if (command.commands.length > 0) return matching(commandsOf(command));
  const [argument] = command.registeredArguments;
  if (!argument) return [];
  return matching(
    argument.argChoices?.map((value) => ({ value, about: argument.description })) ??
      (await images(command)),
  );
}

function commandOf(program: Command, before: readonly string[]): Command {
  let command = program;
  for (const [at, word] of before.entries()) {
    const option = at === 0 ? undefined : optionCalled(command, before[at - 1]);
    if (option && takesValue(option)) continue;
    const found = command.commands.find(
      (each) => each.name() === word || each.aliases().includes(word),
    );
    if (found) command = found;
  }
  return command;
}

function optionCalled(command: Command, word: string | undefined): Option | undefined {
  return command.options.find(
    ({ long, short }) => word !== undefined && (long === word || short === word),
  );
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

function choicesOf(option: Option | undefined): readonly Suggestion[] {
  return option?.argChoices?.map((value) => ({ value, about: option.description })) ?? [];
}

function optionsOf(command: Command): readonly Suggestion[] {
  return new Help()
    .visibleOptions(command)
    .flatMap(({ long, description }) => (long ? [{ value: long, about: description }] : []));
}

function commandsOf(command: Command): readonly Suggestion[] {
  return new Help()
    .visibleCommands(command)
    .map((each) => ({ value: each.name(), about: each.summary() }));
}
