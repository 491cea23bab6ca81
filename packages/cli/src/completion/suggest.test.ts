import { expect, it } from 'vitest';
import { createProgram } from '../program.js';
import type { Io } from '../verb.js';
import { suggest } from './suggest.js';

const { stdin, stdout, stderr } = process;
const endWithin = (): void => undefined;
const io: Io = { cwd: '.', stdin, stdout, stderr, signal: new AbortController().signal, endWithin };
const images = async () => [
  { value: 'app-ubuntu-25.04-gcc15', about: '1 GB' },
  { value: 'lib-debian-13', about: '2 GB' },
];

it.each([
  ['lo', ['load', 'login', 'logout']],
  ['zz', []],
  ['load --eng', ['--engine']],
  ['load --engine do', ['docker']],
  ['load --engine=po', ['--engine=podman']],
  ['load --host ', []],
  ['load app', ['app-ubuntu-25.04-gcc15']],
  ['--json load l', ['lib-debian-13']],
  ['load --engine docker l', ['lib-debian-13']],
  ['load lib-debian-13 a', ['app-ubuntu-25.04-gcc15']],
  ['load ./a', []],
  ['gc a', []],
  ['list a', ['app-ubuntu-25.04-gcc15']],
  ['push x --compress ', ['auto', 'none', 'gzip', 'zstd']],
  ['cache p', ['purge']],
  ['cache purge l', ['lib-debian-13']],
  ['complete ', ['bash', 'zsh', 'fish', 'powershell']],
  ['doctor ', []],
  ['doctor --js', ['--json']],
  ['help lo', ['load', 'login', 'logout']],
  ['help cache p', ['purge']],
])('completes "stowage %s" with %j', async (line, expected) => {
  const found = await suggest(createProgram(io, '1.2.3'), line.split(' '), images);
  expect(found.map(({ value }) => value)).toEqual(expected);
  for (const { about } of found) expect(about).not.toMatch(/^$|[\t\n]/);
});
