#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { EXIT_INTERRUPTED, EXIT_USAGE } from './exit-codes.js';

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    interrupted.abort();
    // A second signal ends the process at once.
    process.once(signal, () => process.exit(EXIT_INTERRUPTED));
  });
}
// A reader that went away (`stowage ls | head`) is no failure of ours.
process.stdout.on('error', () => process.exit());

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };
const { stdin, stdout, stderr, argv } = process;

// Scripts ask for it often, and it needs no more than this file.
if (argv.length === 3 && ['--version', '-V'].includes(argv[2] ?? '')) stdout.write(`${version}\n`);
else await main();

async function main(): Promise<void> {
  const { createProgram } = await import('./program.js');
  const { complete, completionWords } = await import('./commands/complete.js');
  const io = { cwd: process.cwd(), stdin, stdout, stderr, signal: interrupted.signal };
  const program = createProgram(io, version);
  const words = completionWords(argv.slice(2));
  try {
    if (words) await complete(program, words, io);
    else await program.parseAsync(argv);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
    if (error.exitCode !== 0 && argv.includes('--json')) {
      stdout.write(
        `${JSON.stringify({ error: { code: 'USAGE', message: error.message, hint: 'stowage --help shows how', location: null } })}\n`,
      );
    }
  }
}
