import { ImageError } from '@stowage/core';
import { expect, it } from 'vitest';
import { EXIT_CODES } from '../exit-codes.js';
import { createProgram } from '../program.js';
import type { Io } from '../verb.js';
import { describeFailure } from './failure.js';
import { createSpeech } from './speech.js';

const speech = createSpeech(createProgram({} as Io, '1.2.3'));
const BY_ERROR = { interrupted: false, speech };

it.each(Object.entries(EXIT_CODES))('an error %s exits with %i', (code, exitCode) => {
  const error = new ImageError(code as keyof typeof EXIT_CODES, 'app.tar: expected x, got y', {
    hint: 'Do z.',
    location: 'app.tar',
  });
  const failure = describeFailure(error, BY_ERROR);
  expect(failure.exitCode).toBe(exitCode);
  expect(failure.text.content).toBe('stowage: app.tar: expected x, got y\n  Do z.\n');
  expect(failure.json.error).toEqual({
    code,
    message: 'app.tar: expected x, got y',
    hint: 'Do z.',
    location: 'app.tar',
  });
});

it('shows the stack of an unexpected error, and any other thrown value', () => {
  const error = new TypeError('x is not a function');
  expect(describeFailure(error, BY_ERROR).json.error.message).toBe(error.stack);
  expect(describeFailure('text', BY_ERROR)).toMatchObject({
    exitCode: 1,
    json: { error: { code: 'UNEXPECTED', message: 'text', hint: null, location: null } },
  });
});

it.each([
  ['EISDIR', 2, 'x: this is a folder, not a file'],
  ['EBUSY', 8, 'x: in use by another program'],
  ['EACCES', 5, 'x: permission denied'],
  ['ENOENT', 3, 'x: no such file or folder'],
])('says a system error %s in words, without a stack', (code, exitCode, message) => {
  const error = Object.assign(new Error(`${code}: …`), { code, path: 'x' });
  expect(describeFailure(error, BY_ERROR)).toMatchObject({
    exitCode,
    json: { error: { message } },
  });
});

it('escapes control characters of a message from elsewhere', () => {
  const failure = describeFailure(new ImageError('INVALID', 'a\u001b[31mb\rc'), BY_ERROR);
  for (const control of ['\u001b', '\r']) expect(failure.text.content).not.toContain(control);
});

it('says each of several failures, however many there are', () => {
  const failures = Array.from(
    { length: 300 },
    (_, at) => new ImageError('NOT_FOUND', `no image ${at} in a repository`),
  );
  const message = ['300 images are missing:', ...failures.map((each) => each.message)].join('\n');
  const error = new ImageError('NOT_FOUND', message, { cause: new AggregateError(failures) });
  expect(describeFailure(error, BY_ERROR).json.error.message).toBe(message);
  const network = new AggregateError([new Error('ECONNREFUSED')]);
  const unreachable = new ImageError('UNAVAILABLE', 'no answer', { cause: network });
  expect(describeFailure(unreachable, BY_ERROR).json.error.message).toBe('no answer');
});
