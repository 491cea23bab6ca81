import { describe, expect, it } from 'vitest';
import { jobsOf, parseWorkflowFile } from './workflow-file.js';

const parse = (text: string) => parseWorkflowFile({ text, path: 'x.yml' });

describe('a workflow file', () => {
  it('has texts, as they are written', () => {
    expect(parse('on: push\na: 25.10\nb: yes\nc: 0x1\nd: null\ne:\n')).toEqual({
      on: 'push',
      a: '25.10',
      b: 'yes',
      c: '0x1',
      d: 'null',
      e: '',
    });
  });

  it('may have aliases and merge keys', () => {
    expect(parse('x: &x { a: 1 }\ny:\n  <<: *x\n  b: 2\nz: *x\n')).toMatchObject({
      y: { a: '1', b: '2' },
      z: { a: '1' },
    });
  });

  it.each([
    ['not YAML', 'a: [', 'not a workflow with jobs'],
    ['a key twice', 'a: 1\na: 2\n', 'Map keys must be unique'],
    ['a value that contains itself', 'a: &a\n  b: *a\n', 'not a workflow with jobs'],
    ['control characters', 'a: \u0001', 'control character'],
    ['too large', ' '.repeat(1024 * 1024 + 1), 'characters'],
  ])('that is or has %s is refused', (_what, text, message) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ code: 'USAGE', location: 'x.yml' }) as Error,
    );
    expect(() => parse(text)).toThrow(message);
  });
});

it('the jobs of a workflow are a map, or it is none', () => {
  expect(jobsOf(parse('jobs: { a: {} }'), 'x')).toEqual({ a: {} });
  for (const value of [null, [], 'x', {}, { jobs: [] }])
    expect(() => jobsOf(value, 'x')).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
});
