import { NAMED_OPTIONS, NAMED_VERBS, say } from '@stowage/core';
import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { createProgram } from '../program.js';
import type { Io } from '../verb.js';
import { createSpeech } from './speech.js';

const program = createProgram({} as Io, '1.2.3');
const speech = createSpeech(program);

it.each(NAMED_OPTIONS)('the option %s has a flag', (option) => {
  const value = option === 'cache' ? 'false' : undefined;
  const said = say([{ option, ...(value === undefined ? {} : { value }) }], speech);
  expect(said).toMatch(/^--[a-z-]+$/);
});

it.each(NAMED_VERBS)('the verb %s is a command', (verb) => {
  const [name, ...words] = say([{ verb, options: [] }], speech).split(' ');
  expect(name).toBe('stowage');
  let command: Command | undefined = program;
  for (const word of words)
    if (word.startsWith('-')) expect(command?.options.map(({ long }) => long)).toContain(word);
    else command = command?.commands.find((each) => each.name() === word);
  expect(command?.parent).toBeTruthy();
});

it('words values, switches and renamed options as their flags are written', () => {
  const said = (option: (typeof NAMED_OPTIONS)[number], value: string) =>
    say([{ option, value }], speech);
  expect(said('split', '1GB')).toBe('--split 1GB');
  expect(said('cache', 'false')).toBe('--no-cache');
  expect(said('onExistingTag', 'skip')).toBe('--on-existing-tag skip');
  expect(say([{ option: 'password' }, ' ', { option: 'rules' }], speech)).toBe(
    '--password-stdin --allow',
  );
  expect(say([{ verb: 'prune', options: [{ option: 'dryRun' }] }], speech)).toBe(
    'stowage prune --dry-run',
  );
});
