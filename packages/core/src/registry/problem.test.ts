import { expect, it } from 'vitest';
import { ImageError } from '../errors.js';
import { Problem, toProblem } from './problem.js';

const SECRET = '/srv/registry/blobs: ada:secret';

it.each([
  [new ImageError('NO_SPACE', SECRET), 'NO_SPACE', 507],
  [new ImageError('TOO_LARGE', SECRET), 'TOO_LARGE', 413],
  [new ImageError('UNAVAILABLE', SECRET), 'UNAVAILABLE', 503],
  [new ImageError('UNAUTHORIZED', SECRET), 'UNAVAILABLE', 503],
  [new ImageError('DENIED', SECRET), 'UNAVAILABLE', 503],
  [new ImageError('CORRUPT', SECRET), 'UNKNOWN', 500],
  [new Error(SECRET), 'UNKNOWN', 500],
  [SECRET, 'UNKNOWN', 500],
  [undefined, 'UNKNOWN', 500],
])('%s is answered with %s, and without its details', (error, code, status) => {
  const problem = toProblem(error);
  expect([problem.code, problem.status, problem.cause]).toEqual([code, status, error]);
  expect(problem.body).not.toContain('srv');
  expect(problem.body).not.toContain('secret');
});

it('is passed on when it is a problem already', () => {
  const problem = new Problem('NAME_UNKNOWN', 'no such repository');
  expect(toProblem(problem)).toBe(problem);
});

it('has the body of the specification, with a message of bounded length', () => {
  const { body } = new Problem('NAME_INVALID', 'x'.repeat(1_000_000));
  const { errors } = JSON.parse(body) as { errors: { code: string; message: string }[] };
  expect(errors).toEqual([{ code: 'NAME_INVALID', message: `${'x'.repeat(2000)}…`, detail: {} }]);
});
