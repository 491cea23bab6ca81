import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { format } from 'prettier';
import { expect, it } from 'vitest';
import { LONG_HELP } from './help/long-help.js';
import { wordsOf } from './help/words.js';
import { createProgram } from './program.js';

/** The long help of a command and its subcommands, as Markdown. */
function helpOf(program: Command, written: string[], command: Command): string {
  written.length = 0;
  command.configureHelp({ ...LONG_HELP, helpWidth: 100 }).outputHelp();
  const text = `## ${wordsOf(command)}\n\n\`\`\`text\n${written.join('').trim()}\n\`\`\`\n`;
  const below = command === program ? [] : command.commands;
  return [text, ...below.map((each) => helpOf(program, written, each))].join('\n');
}

// To regenerate it: npx vitest run src/reference.test.ts --update
it('docs/reference/commands.md matches the help texts', async () => {
  const written: string[] = [];
  const write = (chunk: Buffer, _: unknown, done: () => void) => {
    written.push(chunk.toString());
    done();
  };
  const stdout = new Writable({ write }) as unknown as NodeJS.WriteStream;
  const { stdin, stderr } = process;
  const { signal } = new AbortController();
  const endWithin = () => undefined;
  const program = createProgram({ cwd: '/', stdin, stdout, stderr, signal, endWithin }, '');
  const commands = [program, ...program.commands];
  const page = `# Commands\n\nWritten from \`stowage help COMMAND\`.\n\n${commands.map((each) => helpOf(program, written, each)).join('\n')}`;
  const text = await format(page, { parser: 'markdown', printWidth: 100 });
  await expect(text).toMatchFileSnapshot(
    join(import.meta.dirname, '../../../docs/reference/commands.md'),
  );
});
