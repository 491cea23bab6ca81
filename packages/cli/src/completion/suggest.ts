import type { Command, Option } from 'commander';

export interface Suggestion {
  readonly value: string;
  /** About it, in one line. */
  readonly about: string;
}

/**
 * What the last word may become: a command, an option, one of an option's choices, or an image. Nothing stands for
 * paths.
 *
 * @param words after the program's name; the last is not finished, and empty before its first letter.
 * @param images what a command takes that names images; asked only where it takes something.
 */
export async function suggest(
  program: Command,
  words: readonly string[],
  images: (command: Command) => Promise<readonly Suggestion[]>,
): Promise<readonly Suggestion[]> {
  const before = words.slice(0, -1);
  const word = words.at(-1) ?? '';
  const command = commandOf(program, before);
  const starting = (all: readonly Suggestion[], text = word) =>
    all.filter(({ value }) => value.startsWith(text));
  const [, name, begun] = /^(--[^=]+)=(.*)$/.exec(word) ?? [];
  if (name !== undefined && begun !== undefined)
    return starting(choicesOf(optionCalled(command, name)), begun).map(({ value, about }) => ({
      value: `${name}=${value}`,
      about,
    }));
  const last = optionCalled(command, before.at(-1));
  if (last && takesValue(last)) return starting(choicesOf(last));
  if (word.startsWith('-')) return starting(optionsOf(command));
  if (command.commands.length > 0) return starting(commandsOf(command));
  const [argument] = command.registeredArguments;
  if (!argument) return [];
  return starting(
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
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long, description }) => (long ? [{ value: long, about: description }] : []));
}

function commandsOf(command: Command): readonly Suggestion[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((each) => ({ value: each.name(), about: each.description() }));
}
