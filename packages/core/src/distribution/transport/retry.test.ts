import { expect, it } from 'vitest';
import { ImageError } from '../../errors.js';
import { backOff, isPermanent, isTransient } from './retry.js';

const error = (code: string, more: object = {}) => Object.assign(new Error(code), { code }, more);

it('waits about twice as long with each try, and 30 seconds at most', () => {
  for (let tries = 0; tries < 20; tries++)
    for (let times = 0; times < 50; times++) {
      const wait = backOff(tries);
      expect(wait).toBeGreaterThanOrEqual(Math.min(150 * 2 ** tries, 30_000));
      expect(wait).toBeLessThanOrEqual(Math.min(450 * 2 ** tries, 30_000));
    }
});

it.each([
  [error('ECONNRESET'), true],
  [error('EPIPE'), true],
  [error('ETIMEDOUT'), true],
  [error('ENOTFOUND'), true],
  [error('EAI_AGAIN'), true],
  [error('HPE_INVALID_CONSTANT'), true],
  [error('DEPTH_ZERO_SELF_SIGNED_CERT'), true],
  [error('EACCES', { syscall: 'connect' }), true],
  [error('EACCES'), false],
  [error('ENOSPC'), false],
  [new ImageError('UNAVAILABLE', 'x', { cause: error('ECONNRESET') }), false],
  [new DOMException('aborted', 'AbortError'), false],
  [undefined, false],
])('%s is an error of the network: %s', (cause, expected) => {
  expect(isTransient(cause)).toBe(expected);
});

it.each([
  // A registry that is starting refuses connections, so the second try decides.
  ['ECONNREFUSED', [false, true]],
  ['ENOTFOUND', [false, true]],
  ['ECONNRESET', [false, false]],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', [true, true]],
])('%s is permanent at the first and at the second try: %j', (code, expected) => {
  expect([isPermanent(error(code), 0), isPermanent(error(code), 1)]).toEqual(expected);
});
