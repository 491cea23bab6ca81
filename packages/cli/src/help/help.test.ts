import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { commandLine } from '../../testing/stowage.js';
import { createProgram } from '../program.js';
import { environmentOf } from './environment.js';
import { GROUPS } from './groups.js';
import { LONG_HELP } from './long-help.js';
import { wordsOf } from './words.js';

const { stdin, stdout, stderr } = process;
const endWithin = (): void => undefined;
const io = { cwd: '', stdin, stdout, stderr, signal: new AbortController().signal, endWithin };
const program = createProgram(io, '1.2.3');
const all = [program, ...below(program)].map((each) => [wordsOf(each), each] as const);

function below(command: Command): readonly Command[] {
  return command.commands.flatMap((each) => [each, ...below(each)]);
}

/** The help in a terminal of 80 columns, in lines. */
function linesOf(command: Command): readonly string[] {
  return command.helpInformation().trimEnd().split('\n');
}

describe('the short help', () => {
  it.each(all)('of %s fits a screen', (_, command) => {
    const lines = linesOf(command);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.length).toBeLessThanOrEqual(24);
  });

  it.each(all.slice(1))(
    'of %s has its sentence, and says how to see the rest',
    (words, command) => {
      const text = command.helpInformation();
      expect(text.replaceAll('\n', ' ')).toContain(command.description().split('\n')[0]);
      expect(text).toContain(`: ${words.replace('stowage', 'stowage help')}\n`);
      expect(text).not.toMatch(/^ {2}(-., )?--(json|engine|username|foreign-layers)/m);
    },
  );

  it('of the program names each command with a summary of its own', () => {
    const text = program.helpInformation();
    for (const each of program.commands) expect(text).toContain(`${each.name()}  `);
    const summaries = program.commands.map((each) => each.summary());
    expect(new Set(summaries).size).toBe(summaries.length);
    for (const summary of summaries) expect(text).toContain(summary);
  });

  it('of the program has one column where two do not fit', () => {
    const width = program.configureHelp();
    program.configureHelp({ ...width, helpWidth: 60 });
    const lines = linesOf(program);
    program.configureHelp(width);
    expect(lines).toContain('  pull      fetch images');
  });
});

describe('stowage help', () => {
  it.each(all.slice(1))('shows all options of %s', async (words, command) => {
    const text = await (await commandLine()).said(words.replace('stowage', 'help'));
    for (const { long, hidden } of command.options)
      if (!hidden) expect(text).toMatch(new RegExp(`^ {2}(-., )?${long}[ \n]`, 'm'));
    for (const [name] of environmentOf(command)) expect(text).toContain(`\n  ${name}  `);
    expect(text).toContain('Exit codes:');
  });

  it('shows what a command is about first, then what it shares with others, and its notes', async () => {
    const text = await (await commandLine()).said('help serve');
    const headings = text.match(/^\S.*:$/gm);
    expect(headings).toEqual([
      'Arguments:',
      'Options:',
      GROUPS.further,
      GROUPS.general,
      GROUPS.registry,
      'Examples:',
      'Environment:',
      'Exit codes:',
    ]);
    expect(text.replaceAll('\n', ' ')).toContain('SIGHUP reads users');
    expect(text).toContain('$ stowage serve --upstream registry.example.com/mirror');
  });

  it('finds a command by its alias, too', async () => {
    expect(await (await commandLine()).said('help cache list')).toContain(
      'Usage: stowage cache ls|list',
    );
  });

  it('shows the help of the program without a command', async () => {
    expect(await (await commandLine()).said('help')).toBe(program.helpInformation());
  });

  it.each([
    ['help lod', "error: unknown command 'lod'", '(Did you mean load?)'],
    ['help cache purg', "error: unknown command 'purg'", '(stowage cache --help shows how)'],
    ['help load x', "error: 'stowage load' has no command 'x'", '(stowage load --help shows how)'],
  ])('refuses "%s"', async (words, error, hint) => {
    const errors: string[] = [];
    const { stowage } = await commandLine();
    const ran = stowage(words, { onError: (said) => errors.push(said) });
    await expect(ran).rejects.toMatchObject({ exitCode: 1 });
    expect(errors.join('')).toContain(error);
    expect(errors.join('')).toContain(hint);
  });
});

it('the long help wraps its lines', () => {
  const command = createProgram(io, '1.2.3').commands.find((each) => each.name() === 'serve');
  const lines = command?.configureHelp(LONG_HELP).helpInformation().split('\n') ?? [];
  const examples = /^ {2}\$/;
  expect(lines.filter((each) => each.length > 80 && !examples.test(each))).toEqual([]);
});
