import { describe, expect, it } from 'vitest';
import { inChunks } from '../../../testing/chunks.js';
import type { Answer } from './answer.js';
import { statusError } from './refusal.js';

const REQUEST = { method: 'PUT', url: '/x', scope: '', expected: [201] } as const;

function refused(status: number, body: unknown = '', more: Partial<Answer> = {}, headers = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer: Answer = {
    status,
    header: () => undefined,
    url: new URL('https://r.example/v2/a?token=secret'),
    isOwn: true,
    body: inChunks(Buffer.from(text), 1000),
    dump: async () => undefined,
    cut: () => undefined,
    ...more,
  };
  return statusError({ ...REQUEST, headers }, answer, { registry: 'r.example' });
}
const errors = (code: unknown, message: unknown = '') => ({ errors: [{ code, message }] });

describe('an unexpected status', () => {
  it.each([
    [400, 'INVALID'],
    [401, 'UNAUTHORIZED'],
    [403, 'DENIED'],
    [404, 'NOT_FOUND'],
    [405, 'UNSUPPORTED'],
    [409, 'CONFLICT'],
    [413, 'TOO_LARGE'],
    [429, 'UNAVAILABLE'],
    [500, 'UNAVAILABLE'],
    [501, 'UNSUPPORTED'],
    [503, 'UNAVAILABLE'],
    [507, 'NO_SPACE'],
    [302, 'INVALID'],
  ])('%i is %s', async (status, code) => {
    expect(await refused(status)).toMatchObject({ code, location: 'r.example/v2/a' });
  });

  it.each(['NAME_UNKNOWN', 'MANIFEST_UNKNOWN', 'BLOB_UNKNOWN'])(
    'with the code %s is NOT_FOUND, but where the server failed',
    async (code) => {
      expect(await refused(401, errors(code))).toMatchObject({ code: 'NOT_FOUND' });
      expect(await refused(500, errors(code))).toMatchObject({ code: 'UNAVAILABLE' });
    },
  );

  it('has the words of the registry, without control characters and not all of them', async () => {
    const { message } = await refused(400, errors('BAD', `a\u001b[1m\n${'x'.repeat(2000)}`));
    expect(message).toContain('the registry refused PUT (400 BAD: a [1m x');
    expect(message.length).toBeLessThan(700);
    expect(message).not.toContain('secret');
  });

  it.each([
    '',
    'not JSON',
    '[]',
    '{}',
    '{"errors":[7]}',
    '{"errors":[{"code":7}]}',
    'x'.repeat(70_000),
  ])('may have any body: %.20s', async (body) => {
    expect((await refused(400, body)).message).toMatch(/refused PUT \(400\)$/);
  });

  it('tells the size of a request that is too large', async () => {
    const error = await refused(413, '', {}, { 'content-length': '7' });
    expect(error.message).toContain('PUT of 7 bytes');
    expect(error.hint).toContain('limits the size');
  });

  it('tells to log in, or that credentials were not sent to another host', async () => {
    expect((await refused(401)).hint).toContain('docker login');
    expect((await refused(401, '', { isOwn: false })).hint).toContain('were not sent');
    expect((await refused(400)).hint).toBeUndefined();
  });

  it('keeps the status, and when to try again', async () => {
    const header = (name: string) => (name === 'retry-after' ? '30' : undefined);
    expect((await refused(503, '', { header })).cause).toEqual({ status: 503, retryAfter: '30' });
  });
});
