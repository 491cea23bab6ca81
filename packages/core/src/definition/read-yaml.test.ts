import { describe, expect, it } from 'vitest';
import { parseSettings } from './settings/settings.js';
import { parseWorkflow } from './workflow/workflow.js';

const lines = (length: number, line: (at: number) => string) =>
  Array.from({ length }, (_, at) => line(at)).join('\n');

describe('a YAML file', () => {
  it.each([
    [lines(20_000, (at) => `key${at}: 1`), /^x:1:1: expected one of[^]*\nx: and 19990 more$/],
    ['pins: []\npins: []\n', 'x:2:1: Map keys must be unique'],
    ['pins: []\na: &\0 b', 'x: the control character U+0000 in line 2'],
    [`pins: [${' '.repeat(1001)}]`, 'x: more than 1000 blanks in a row'],
    [`# ${'c'.repeat(1024 * 1024)}`, 'x: 1048578 characters, more than the limit of 1048576'],
    [`host: &a b\npins: [${'*a, '.repeat(501)}]`, 'more than 500 aliases'],
    ['['.repeat(20_000), 'x: nested deeper than 400 levels'],
    ['- '.repeat(20_000), 'x: nested deeper than 400 levels'],
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
