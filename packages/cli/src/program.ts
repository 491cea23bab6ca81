import { Command } from 'commander';
import { buildCommand } from './commands/build.js';
import { cacheCommand } from './commands/cache.js';
import { compareCommand } from './commands/compare.js';
import { completeCommand } from './commands/complete.js';
import { convertCommand } from './commands/convert.js';
import { copyCommand } from './commands/copy.js';
import { doctorCommand } from './commands/doctor.js';
import { ensureCommand } from './commands/ensure.js';
import { inspectCommand } from './commands/inspect.js';
import { loadCommand } from './commands/load.js';
import { lsCommand } from './commands/ls.js';
import { gcCommand, htpasswdCommand, importCommand, scrubCommand } from './commands/maintain.js';
import { planCommand } from './commands/plan.js';
import { pruneCommand } from './commands/prune.js';
import { pullCommand } from './commands/pull.js';
import { pushCommand } from './commands/push.js';
import { artifactCommand } from './commands/remote/artifact.js';
import { attachCommand } from './commands/remote/attach.js';
import { digestCommand } from './commands/remote/digest.js';
import { loginCommand, logoutCommand } from './commands/remote/login.js';
import { rmCommand } from './commands/remote/rm.js';
import { tagCommand } from './commands/remote/tag.js';
import { tagsCommand } from './commands/remote/tags.js';
import { treeCommand } from './commands/remote/tree.js';
import { reportCommand } from './commands/report.js';
import { saveCommand } from './commands/save.js';
import { serveCommand } from './commands/serve.js';
import { syncCommand } from './commands/remote/sync.js';
import { verifyCommand } from './commands/verify.js';
import { helpCommand } from './help/help-command.js';
import { SHORT_HELP } from './help/short-help.js';
import { wordsOf } from './help/words.js';
import { print } from './print/print.js';
import { Text } from './print/text.js';
import type { Io } from './verb.js';

/** All commands, in the groups that `stowage --help` shows. */
const COMMANDS: Readonly<Record<string, readonly ((io: Io) => Command)[]>> = {
  Images: [
    loadCommand,
    saveCommand,
    buildCommand,
    planCommand,
    ensureCommand,
    inspectCommand,
    verifyCommand,
    copyCommand,
    convertCommand,
    compareCommand,
  ],
  'Catalog and this machine': [
    lsCommand,
    pruneCommand,
    reportCommand,
    doctorCommand,
    cacheCommand,
    completeCommand,
    helpCommand,
  ],
  Registries: [
    pullCommand,
    pushCommand,
    syncCommand,
    digestCommand,
    tagsCommand,
    tagCommand,
    rmCommand,
    treeCommand,
    attachCommand,
    artifactCommand,
    loginCommand,
    logoutCommand,
  ],
  'A registry of your own': [serveCommand, importCommand, gcCommand, scrubCommand, htpasswdCommand],
};

/** Creates the command line; it throws `CommanderError` where commander would end the process. */
export function createProgram(io: Io, version: string): Command {
  const program = new Command('stowage')
    .description('Keep container images as files: find, build, save, load, verify and prune them.')
    .version(version)
    .helpOption('-h, --help', 'show a short help; stowage help COMMAND shows all');
  for (const [group, commands] of Object.entries(COMMANDS))
    for (const create of commands) program.addCommand(create(io).helpGroup(group));
  return configure(program, io);
}

function configure(command: Command, io: Io): Command {
  command
    .configureHelp(SHORT_HELP)
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (said) => print(io.stdout, new Text(said)),
      writeErr: (said) => print(io.stderr, new Text(said)),
    })
    .showHelpAfterError(`(${helpHint(command)})`);
  for (const each of command.commands) configure(each.copyInheritedSettings(command), io);
  return command;
}

/** How a command is asked for its help: `stowage push --help shows how`. */
export function helpHint(command: Command): string {
  return `${wordsOf(command)} --help shows how`;
}

/** The command that words of the command line call; `program` itself if they name none. */
export function calledCommand(program: Command, [first, ...rest]: readonly string[]): Command {
  const found = program.commands.find((each) => each.name() === first);
  return found ? calledCommand(found, rest) : program;
}
