import { Help, type HelpConfiguration } from 'commander';
import { EXIT_MEANINGS } from '../exit-codes.js';
import { environmentOf } from './environment.js';
import { examplesOf } from './examples.js';
import { GROUPS } from './groups.js';
import { firstParagraph } from './short-help.js';

/** What `stowage help VERB` shows: all options in their groups, all examples, the environment and the exit codes. */
export const LONG_HELP: HelpConfiguration = {
  groupItems: (all, visible, groupOf) =>
    Help.prototype.groupItems(ownFirst(all, groupOf), visible, groupOf),
  subcommandDescription: (command) => firstParagraph(command.description()),
  formatHelp: (command, helper) =>
    [
      Help.prototype.formatHelp.call(helper, command, helper),
      ...section(
        'Examples:',
        examplesOf(command).map((each) => `  $ ${each}`),
      ),
      ...section(
        'Environment:',
        environmentOf(command).map(([name, about]) =>
          helper.formatItem(name, ENVIRONMENT_WIDTH, about, helper),
        ),
      ),
      ...section(
        'Exit codes:',
        EXIT_MEANINGS.map(([code, meaning]) => `  ${`${code}`.padEnd(3)}  ${meaning}`),
      ),
    ].join('\n'),
};

const ENVIRONMENT_WIDTH = 18;

function section(heading: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [heading, ...lines, ''];
}

/** Headings of options that belong to one command: those that it is about first. */
const OWN = ['Options:', GROUPS.further];

/** The items of one command before those that it shares with others. */
export function ownFirst<T>(all: readonly T[], groupOf: (item: T) => string): T[] {
  const own = OWN.flatMap((heading) => all.filter((item) => groupOf(item) === heading));
  return [...own, ...all.filter((item) => !own.includes(item))];
}
