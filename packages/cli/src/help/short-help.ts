import { Help, type Command, type HelpConfiguration } from 'commander';
import { examplesOf } from './examples.js';
import { wordsOf } from './words.js';

/** Examples, of those that fit a line. */
const MAX_EXAMPLES = 3;

/** What `--help` shows: what fits a screen of 80 columns and 24 lines. `stowage help` has the rest. */
export const SHORT_HELP: HelpConfiguration = {
  visibleOptions: ({ options }) =>
    options.filter(({ hidden, helpGroupHeading }) => !hidden && !helpGroupHeading),
  commandDescription: (command) => firstParagraph(command.description()),
  subcommandTerm: (command) => command.name(),
  argumentDescription: ({ description, argChoices }) => brief(description, argChoices),
  optionDescription: ({ description, argChoices }) => brief(description, argChoices),
  formatHelp: (command, helper) =>
    command.parent ? ofCommand(command, helper) : ofProgram(command, helper),
};

export function firstParagraph(description: string): string {
  return description.replace(/\n\n[^]*/, '');
}

/** The words before a semicolon, and the values that are possible. */
function brief(description: string, choices: readonly string[] | undefined): string {
  const words = description.replace(/;[^]*/, '');
  return choices ? `${words}: ${choices.join(', ')}` : words;
}

function ofCommand(command: Command, helper: Help): string {
  const examples = examplesOf(command)
    .map((each) => `  $ ${each}`)
    .filter(({ length }) => length <= widthOf(helper))
    .slice(0, MAX_EXAMPLES);
  return [
    Help.prototype.formatHelp.call(helper, command, helper),
    ...(examples.length === 0 ? [] : ['Examples:', ...examples, '']),
    `All options, and exit codes: ${wordsOf(command).replace('stowage', 'stowage help')}`,
    '',
  ].join('\n');
}

/** Columns of the terminal. */
function widthOf({ helpWidth = 80 }: Help): number {
  return helpWidth;
}

/** The commands of the program in two columns, by group; in one where these do not fit. */
function ofProgram(program: Command, helper: Help): string {
  const width = 40;
  const names = helper.longestSubcommandTermLength(program, helper);
  const groups = helper.groupItems(
    [...program.commands],
    helper.visibleCommands(program),
    (command) => command.helpGroup(),
  );
  const blocks = [...groups].map(([heading, commands]) => [
    heading,
    ...commands.map((each) => `  ${each.name().padEnd(names)}  ${each.summary()}`),
  ]);
  const half = Math.ceil(blocks.length / 2);
  const [left, right] = [blocks.slice(0, half).flat(), blocks.slice(half).flat()];
  const rows =
    widthOf(helper) < 2 * width
      ? [...left, ...right]
      : left.map((line, at) => `${line.padEnd(width)}${right[at] ?? ''}`.trimEnd());
  return [
    `Usage: ${helper.commandUsage(program)}`,
    '',
    program.description(),
    '',
    ...rows,
    'stowage help COMMAND shows its options; stowage --version prints the version.',
    '',
  ].join('\n');
}
