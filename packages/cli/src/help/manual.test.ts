import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createProgram } from '../program.js';
import { manualPages } from './manual.js';
import { escaped, items, literal, section } from './roff.js';

const { stdin, stdout, stderr } = process;
const endWithin = (): void => undefined;
const io = { cwd: '', stdin, stdout, stderr, signal: new AbortController().signal, endWithin };
const pages = manualPages(createProgram(io, '1.2.3'), '1.2.3');

it.each([
  ['C:\\new', 'C:\\enew'],
  ['--dry-run', '\\-\\-dry\\-run'],
  ['.stowage/registry', '\\&.stowage/registry'],
  ['a.b\n.so x', 'a.b\n\\&.so x'],
  ["'ada:write:*'", '\\(aqada:write:*\\(aq'],
  ['"$TOKEN"', '\\(dq$TOKEN\\(dq'],
  ['~/.bashrc `x` ^', '\\(ti/.bashrc \\(gax\\(ga \\(ha'],
  ['a, …', 'a, ...'],
  ['≤ 1', '\\[u2264] 1'],
])('%j is shown as it is', (text, expected) => {
  expect(escaped(text)).toBe(expected);
});

it('a section without content is left out', () => {
  expect(section('EXAMPLES', literal([]))).toBe('');
  expect(
    section(
      'X',
      items([1], () => ['-a', '.b']),
    ),
  ).toBe('.SH "X"\n.TP\n.B "\\-a"\n\\&.b\n');
});

it('each command has a page, and package.json lists them all', () => {
  const file = join(import.meta.dirname, '../../package.json');
  const { man } = JSON.parse(readFileSync(file, 'utf8')) as { man: readonly string[] };
  expect(pages.map(({ file }) => `./man/${file}`).sort()).toEqual([...man].sort());
});

it('a page has what the long help shows', () => {
  const { text } = pages.find(({ file }) => file === 'stowage-cache-purge.1') ?? { text: '' };
  expect(text).toContain('.SH "NAME"\nstowage\\-cache\\-purge \\- delete images\n');
  for (const heading of ['SYNOPSIS', 'ARGUMENTS', 'EXAMPLES', 'ENVIRONMENT', 'EXIT STATUS'])
    expect(text).toContain(`.SH "${heading}"\n`);
  const [own, shared] = text.split('.SS "Output and settings"\n');
  expect(own).toContain('.TP\n.B "\\-\\-max\\-used <size>"\n');
  expect(shared).toContain('.TP\n.B "\\-\\-json"\n');
  expect(shared).toContain('.BR stowage\\-cache (1)\n');
});
