import { expect, it } from 'vitest';
import { ImageError } from '../errors.js';
import { Problem, toProblem } from './problem.js';

const SECRET = '/srv/registry/blobs: ada:secret';

it.each([
  [new ImageError('NO_SPACE', SECRET), 'NO_SPACE', 507],
  [new ImageError('TOO_LARGE', SECRET), 'TOO_LARGE', 413],
  [new ImageError('UNAVAILABLE', SECRET), 'UNAVAILABLE', 502],
  [new ImageError('UNAUTHORIZED', SECRET), 'UNAVAILABLE', 502],
  [new ImageError('DENIED', SECRET), 'UNAVAILABLE', 502],
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

it.each([
  [{ status: 429, retryAfter: '40' }, 'TOOMANYREQUESTS', 429, '40'],
  [{ status: 429 }, 'TOOMANYREQUESTS', 429, undefined],
  [
    { status: 503, retryAfter: 'Fri, 31 Dec 1999 23:59:59 GMT' },
    'UNAVAILABLE',
    503,
    'Fri, 31 Dec 1999 23:59:59 GMT',
  ],
  [{ status: 503, retryAfter: '<b>' }, 'UNAVAILABLE', 503, undefined],
  [{ status: 500, retryAfter: '40' }, 'UNAVAILABLE', 502, undefined],
  [{ status: 504 }, 'UNAVAILABLE', 504, undefined],
  [Object.assign(new Error(SECRET), { code: 'ETIMEDOUT' }), 'UNAVAILABLE', 504, undefined],
  [Object.assign(new Error(SECRET), { code: 'ECONNREFUSED' }), 'UNAVAILABLE', 502, undefined],
])('an upstream that failed with %j is answered with %s %i', (cause, code, status, retryAfter) => {
  const problem = toProblem(new ImageError('UNAVAILABLE', SECRET, { cause }));
  expect([problem.code, problem.status, problem.headers['retry-after']]).toEqual([
    code,
    status,
    retryAfter,
  ]);
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

it('says which limit is reached', () => {
  const limit = { limit: 400 * 2 ** 20 };
  expect(toProblem(new ImageError('NO_SPACE', SECRET, { cause: limit })).message).toBe(
    'registry is full (its limit is 400 MB)',
  );
  const full = Object.assign(new Error(SECRET), { code: 'ENOSPC', limit: undefined });
  expect(toProblem(new ImageError('NO_SPACE', SECRET, { cause: full })).message).toBe(
    'the disk of this registry is full',
  );
});
