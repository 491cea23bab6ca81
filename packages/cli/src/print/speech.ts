import { say, type NamedOption, type NamedVerb, type Speech } from '@stowage/core';
import type { Command, Option } from 'commander';

/** The command, with flags, for each verb of core that its texts name. */
const COMMANDS: Readonly<Record<NamedVerb['verb'], string>> = {
  build: 'build',
  copyImages: 'copy',
  doctor: 'doctor',
  ensure: 'ensure',
  importRegistry: 'import',
  list: 'ls',
  listCache: 'cache ls',
  listedImages: 'ls --images-from',
  prune: 'prune',
  pruneShare: 'prune --share',
  save: 'save',
  serve: 'serve',
  setPassword: 'htpasswd',
  updateBase: 'build --update-base',
  verify: 'verify',
};

/** Options of core whose flag has another name. */
const RENAMED: Readonly<Partial<Record<NamedOption['option'], string>>> = {
  password: 'passwordStdin',
  rules: 'allow',
};

/** The words of the command line for texts of core. The flags are those that the commands define: first the running one. */
export function createSpeech(running: Command): Speech {
  let program = running;
  while (program.parent) program = program.parent;
  const all = [running, ...commandsBelow(program)].flatMap(({ options }) => options);
  const speech: Speech = {
    option: (named) => {
      const flag = flagOf(named, all);
      if (flag === undefined) return say([named]);
      return named.value === undefined || flag.isBoolean() || flag.negate
        ? (flag.long ?? '')
        : `${flag.long} ${named.value}`;
    },
    verb: ({ verb, options }) =>
      ['stowage', COMMANDS[verb], ...options.map(speech.option)].join(' '),
  };
  return speech;
}

/** An option's flag: `--no-cache` for `cache: false`. */
function flagOf({ option, value }: NamedOption, all: readonly Option[]): Option | undefined {
  const key = RENAMED[option] ?? option;
  return all.find(
    (each) => !each.hidden && each.attributeName() === key && each.negate === (value === 'false'),
  );
}

function commandsBelow(command: Command): readonly Command[] {
  return command.commands.flatMap((each) => [each, ...commandsBelow(each)]);
}
