import { describe, expect, it } from 'vitest';
import { parseSettings } from './settings.js';
import { parseWorkflow } from './workflow/workflow.js';

const lines = (length: number, line: (at: number) => string) =>
  Array.from({ length }, (_, at) => line(at)).join('\n');

describe('a YAML file', () => {
  it.each([
    [lines(20_000, (at) => `key${at}: 1`), /^x:1:1: expected one of[^]*\nx: and 19990 more$/],
    ['pins: []\npins: []\n', 'x:2:1: Map keys must be unique'],
    ['pins: []\na: &\0 b', 'x: expected no control characters, got U+0000 in line 2'],
    [`pins: [${' '.repeat(1001)}]`, 'x: expected at most 1000 blanks in a row, got more'],
    [`# ${'c'.repeat(1024 * 1024)}`, 'x: expected at most 1048576 characters, got 1048578'],
    [`host: &a b\npins: [${'*a, '.repeat(501)}]`, 'expected at most 500 aliases, got more'],
    ['['.repeat(20_000), 'x: expected at most 400 levels, got more'],
    ['- '.repeat(20_000), 'x: expected at most 400 levels, got more'],
    [`pins: ${'['.repeat(10_000)}${']'.repeat(10_000)}`, 'x'],
  ])('%.20j… is refused', (text, message) => {
    const parse = () => parseSettings({ text, path: 'x' });
    expect(parse).toThrow(expect.objectContaining({ code: 'USAGE' }));
    expect(parse).toThrow(message);
  });

  it('may repeat a merge key in a workflow', () => {
    const text = 'x: &x { a: b }\njobs:\n  a:\n    <<: *x\n    <<: *x\n    runs-on: ubuntu-24.04\n';
    expect(parseWorkflow({ text, path: 'x' }, { runners: {} }).jobs).toHaveLength(1);
  });
});
