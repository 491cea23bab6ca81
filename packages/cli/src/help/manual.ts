import type { Command, Help } from 'commander';
import { EXIT_MEANINGS } from '../exit-codes.js';
import { environmentOf } from './environment.js';
import { examplesOf } from './examples.js';
import { LONG_HELP } from './long-help.js';
import { escaped, items, line, literal, section } from './roff.js';
import { wordsOf } from './words.js';

/** A manual page: its file (`stowage-load.1`) and its text. */
export interface ManualPage {
  readonly file: string;
  readonly text: string;
}

/** The manual pages of a program: its own, and one for each command. */
export function manualPages(program: Command, version: string): readonly ManualPage[] {
  const pageOf = (command: Command): readonly ManualPage[] => [
    { file: `${nameOf(command)}.1`, text: page(command, version) },
    ...command.commands.flatMap(pageOf),
  ];
  return pageOf(program);
}

/** A page in the language of man(7), with what the long help shows. */
function page(command: Command, version: string): string {
  const help = command.configureHelp(LONG_HELP).createHelp();
  const name = escaped(nameOf(command));
  return [
    `.TH "${name.toUpperCase()}" 1 "" "${escaped(`stowage ${version}`)}" "Stowage"\n.nh\n.ad l\n`,
    section('NAME', line(`${nameOf(command)} - ${summaryOf(command)}`)),
    section('SYNOPSIS', line(`${wordsOf(command)} ${command.usage()}`)),
    section('DESCRIPTION', command.description().split('\n\n').map(line).join('.PP\n')),
    section(
      'ARGUMENTS',
      items(help.visibleArguments(command), (each) => [
        help.argumentTerm(each),
        help.argumentDescription(each),
      ]),
    ),
    section('OPTIONS', options(command, help)),
    section('COMMANDS', commands(command, help)),
    section('EXAMPLES', literal(examplesOf(command))),
    section(
      'ENVIRONMENT',
      items(environmentOf(command), (each) => each),
    ),
    section(
      'EXIT STATUS',
      items(EXIT_MEANINGS, ([code, meaning]) => [`${code}`, meaning]),
    ),
    section('SEE ALSO', seeAlso(command)),
  ].join('');
}

function nameOf(command: Command): string {
  return wordsOf(command).replaceAll(' ', '-');
}

function summaryOf(command: Command): string {
  return command.summary() || command.description().replace(/\.$/, '');
}

/** The options, those of a group below its heading. */
function options(command: Command, help: Help): string {
  const visible = help.visibleOptions(command);
  const headingOf = ({ helpGroupHeading: heading = 'Options:' }): string => heading;
  return [...help.groupItems([...command.options], visible, headingOf)]
    .map(([heading, group]) => [
      heading === 'Options:' ? '' : `.SS "${escaped(heading.replace(/:$/, ''))}"\n`,
      items(group, (each) => [help.optionTerm(each), help.optionDescription(each)]),
    ])
    .flat()
    .join('');
}

function commands(command: Command, help: Help): string {
  return items(help.visibleCommands(command), (each) => [wordsOf(each), summaryOf(each)]);
}

function seeAlso({ parent, commands }: Command): string {
  const pages = [...(parent ? [parent] : []), ...commands].map(nameOf).sort();
  return pages.map((each) => `.BR ${escaped(each)} (1)\n`).join('');
}
