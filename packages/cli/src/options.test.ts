import { jobRequestOf, ruleOptionsOf } from '@stowage/core';
import { expect, it } from 'vitest';
import { createProgram } from './program.js';

const { stdin, stdout, stderr } = process;
const endWithin = (): void => undefined;
const io = { cwd: '', stdin, stdout, stderr, signal: new AbortController().signal, endWithin };

function optionsOf(name: string): readonly string[] {
  const command = createProgram(io, '').commands.find((each) => each.name() === name);
  return command?.options.map((option) => option.attributeName()) ?? [];
}

it('prune has every rule; only a target has one name', () => {
  const { name: _, ...rules } = ruleOptionsOf({});
  expect(optionsOf('prune')).toEqual(expect.arrayContaining(Object.keys(rules)));
});

it.each(['plan', 'ensure'])('%s has every option of a job', (command) => {
  // An option that may be repeated is named in the singular, and there is only one spelling of arch.
  const { architecture: _, ...job } = jobRequestOf({});
  const names = Object.keys(job).map((name) => name.replace(/^(package|tool|feature)s$/, '$1'));
  expect(optionsOf(command)).toEqual(expect.arrayContaining(names));
});

it('copy and convert share the options of a copy', () => {
  const shared = ['as', 'repository', 'all', 'split', 'append', 'force'];
  for (const command of ['copy', 'convert'])
    expect(optionsOf(command)).toEqual(expect.arrayContaining(shared));
});
