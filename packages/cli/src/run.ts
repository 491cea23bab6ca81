import { CommanderError } from 'commander';
import { completionWords } from './commands/complete.js';
import { EXIT_INTERRUPTED, EXIT_USAGE } from './exit-codes.js';
import { print, printJson } from './print/print.js';
import { text } from './print/text.js';
import { calledCommand, createProgram, helpHint } from './program.js';

/** Runs the command line of this process, with its streams, signals and exit code. */
export async function run(version: string): Promise<void> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      interrupted.abort();
      // A second signal ends the process at once.
      process.once(signal, () => process.exit(EXIT_INTERRUPTED));
    });
  }
  const { stdin, stdout, stderr, argv } = process;
  // A closed pipe (`stowage ls | head`) is no failure; a command that runs on without a reader adds its own listener.
  stdout.on('error', () => {
    if (stdout.listenerCount('error') === 1) process.exit();
  });
  // A closed stderr does not stop the work.
  stderr.on('error', () => undefined);
  const { signal } = interrupted;
  const io = { cwd: process.cwd(), stdin, stdout, stderr, signal, endWithin, canFork: true };
  const program = createProgram(io, version);
  const words = completionWords(argv.slice(2));
  try {
    if (words) await (await import('./completion/complete.js')).complete(program, words, io);
    else await program.parseAsync(argv);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
    if (error.exitCode !== 0 && argv.includes('--json')) {
      const { message } = error;
      const hint = helpHint(calledCommand(program, argv.slice(2)));
      printJson(stdout, { error: { code: 'USAGE', message, hint, location: null } });
    }
  }
}

/** By SIGKILL: `process.exit` waits for calls of the file system, which never return when a network file system is gone. */
function endWithin(milliseconds: number): void {
  const end = (): void => {
    print(
      process.stderr,
      text`the storage or a client did not answer for ${milliseconds / 1000} s: stopped without them\n`,
    );
    process.kill(process.pid, 'SIGKILL');
  };
  setTimeout(end, milliseconds).unref();
}
