import { listCache, familiarReference, list, openWorkspace, parseReference } from '@stowage/core';
import { Argument, Command } from 'commander';
import { SCRIPTS, SHELLS, type Shell } from '../completion/scripts.js';
import { suggest, type Suggestion } from '../completion/suggest.js';
import { formatBytes } from '../print/table.js';
import { print, printDocument } from '../print/print.js';
import { text } from '../print/text.js';
import type { Io } from '../verb.js';

const EXAMPLES = [
  "echo 'source <(stowage complete bash)' >> ~/.bashrc",
  "echo 'source <(stowage complete zsh)' >> ~/.zshrc",
  'stowage complete fish > ~/.config/fish/completions/stowage.fish',
  'stowage complete powershell | Out-String | Invoke-Expression',
];

/** Their images may come from a registry: what came before is in the cache, by its tag or digest. */
const FROM_REGISTRIES: ReadonlySet<string> = new Set([
  'load',
  'pull',
  'inspect',
  'verify',
  'copy',
  'convert',
  'purge',
]);

/** A shell puts a value into the command line as it is, where anything else could be a command. */
const PLAIN = /^[\w./:@=+-]+$/;

/** Prints a shell's script, and, after `--`, what that asks for. */
export function completeCommand(io: Io): Command {
  return new Command('complete')
    .description('Print what makes a shell complete commands, options, names and tags.')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .allowExcessArguments()
    .addHelpText('after', `\nExamples:\n${EXAMPLES.map((each) => `  $ ${each}`).join('\n')}`)
    .action((shell: Shell) => printDocument(io.stdout, SCRIPTS[shell]));
}

/** The words of `stowage complete -- WORD…`; undefined for everything else. */
export function completionWords(args: readonly string[]): readonly string[] | undefined {
  return args[0] === 'complete' && args[1] === '--' ? args.slice(2) : undefined;
}

/** Lines for {@link SCRIPTS}. Whatever goes wrong, nobody wants to read of it while they type. */
export async function complete(program: Command, words: readonly string[], io: Io): Promise<void> {
  const images = async (command: Command) => {
    const name = command.name();
    const names = name === 'purge' ? [] : await kept(command, io);
    return FROM_REGISTRIES.has(name) ? [...names, ...(await cached())] : names;
  };
  const found = await suggest(program, words, images).catch(() => []);
  const safe = found.filter(({ value }) => PLAIN.test(value));
  print(io.stdout, text`${safe.map(({ value, about }) => text`${value}\t${about}\n`)}`);
}

/** Names of the catalog; those of an engine's images have tags. */
async function kept(command: Command, { cwd }: Io): Promise<readonly Suggestion[]> {
  const entries = await list(await openWorkspace(cwd));
  return entries.flatMap(({ name, reference, size, state }) => {
    const about = state === 'ok' ? formatBytes(size) : state;
    const tagged = reference === null ? undefined : familiarReference(parseReference(reference));
    const isTagged = command.name() === 'save' && tagged !== undefined && tagged !== name;
    return [{ value: name, about }, ...(isTagged ? [{ value: tagged, about }] : [])];
  });
}

async function cached(): Promise<readonly Suggestion[]> {
  return (await listCache()).flatMap(({ reference, bytes }) =>
    reference === null ? [] : [{ value: reference, about: formatBytes(bytes) }],
  );
}
