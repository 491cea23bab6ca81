import { expect, it } from 'vitest';
import { parseDefinition } from '../definition/definition.js';
import { ImageError, withPath } from '../errors.js';
import { annotationsOf } from './annotations.js';

const env = { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: '/w' };
const place = (text: string, path = '/w/apps/a/image.yaml') => ({ path, line: 3, column: 5, text });

function failed(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

it('a definition that is refused is annotated at each of its lines', () => {
  const text = 'project: app\nos: debian-12\nvarian: base\nruns: []\n';
  const error = failed(() => parseDefinition({ text, path: '/w/apps/a/image.yaml' }));
  const lines = annotationsOf(error, env);
  expect(lines.length).toBeGreaterThan(1);
  for (const line of lines)
    expect(line).toMatch(/^::error file=apps\/a\/image.yaml,line=\d,col=\d+::./);
  expect(annotationsOf(error, {})).toEqual([]);
});

it('several failures in one, and causes, keep their places', () => {
  const each = new ImageError('INVALID', 'x', { places: [place('one')] });
  const error = new ImageError('INVALID', 'y', {
    cause: new AggregateError([withPath(each, '/z'), each]),
  });
  expect(annotationsOf(error, env)).toHaveLength(2);
  expect(annotationsOf(new Error('no place'), env)).toEqual([]);
});

it('an untrusted text or path adds neither a command nor a property', () => {
  const places = [place('50%\n::warning::x\u001b[2J', '/other/a,b:c\n::x')];
  expect(annotationsOf(new ImageError('INVALID', 'x', { places }), env)).toEqual([
    '::error file=/other/a%2Cb%3Ac\\n%3A%3Ax,line=3,col=5::50%25%0A::warning::x\\x1b[2J',
  ]);
});
