import { expect, it } from 'vitest';
import { createProblem } from './problem.js';

it('a problem has all fields, null where nothing is known', () => {
  expect(createProblem({ code: 'CORRUPT', message: 'x', offset: 0 })).toEqual({
    code: 'CORRUPT',
    message: 'x',
    offset: 0,
    image: null,
    digest: null,
    member: null,
    expected: null,
    actual: null,
  });
});
