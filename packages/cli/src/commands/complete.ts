import { Argument, Command } from 'commander';
import { SHELLS, type Shell } from '../completion/shells.js';
import { withExamples } from '../help/examples.js';
import { printDocument } from '../print/print.js';
import type { Io } from '../verb.js';

/** Prints a shell's completion script, which calls `stowage complete -- WORD…` for its suggestions. */
export function completeCommand(io: Io): Command {
  const command = new Command('complete')
    .summary('complete words in a shell')
    .description('Print the script with which a shell completes commands, options, names and tags.')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .allowExcessArguments()
    .action(async (shell: Shell) => {
      const { SCRIPTS } = await import('../completion/scripts.js');
      printDocument(io.stdout, SCRIPTS[shell]);
    });
  return withExamples(command, [
    "echo 'source <(stowage complete bash)' >> ~/.bashrc",
    "echo 'source <(stowage complete zsh)' >> ~/.zshrc",
    'stowage complete fish > ~/.config/fish/completions/stowage.fish',
    'stowage complete powershell | Out-String | Invoke-Expression',
  ]);
}

/** The words of `stowage complete -- WORD…`; undefined for everything else. */
export function completionWords(args: readonly string[]): readonly string[] | undefined {
  return args[0] === 'complete' && args[1] === '--' ? args.slice(2) : undefined;
}
