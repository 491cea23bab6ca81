import type { AnsweredRequest } from '@stowage/core/registry';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { requestLog } from './request-log.js';

const ANSWERED: AnsweredRequest = {
  id: 'some-id',
  time: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  address: '192.0.2.1',
  user: 'ada',
  method: 'GET',
  repository: 'team/a',
  path: '/v2/team/a/tags/list',
  route: 'tags',
  status: 200,
  bytes: 512,
  milliseconds: 1.26,
};

function logged(
  format: 'text' | 'json',
  answered: Partial<AnsweredRequest>,
  without: readonly string[] = [],
): string {
  const stream = new PassThrough();
  const facts = Object.entries({ ...ANSWERED, ...answered }).filter(
    ([key]) => !without.includes(key),
  );
  const request = Object.fromEntries(facts) as unknown as AnsweredRequest;
  requestLog(format, stream as unknown as NodeJS.WriteStream)?.(request);
  return String(stream.read());
}

it('writes one line for each request, in text or JSON', () => {
  const line =
    '2026-01-02T03:04:05.006Z ada 192.0.2.1 some-id team/a GET /v2/team/a/tags/list 200 512B 1.3ms';
  expect(logged('text', {})).toBe(`${line}\n`);
  expect(logged('text', { error: new Error('the disk') })).toBe(`${line} "the disk"\n`);
  expect(JSON.parse(logged('json', {}))).toEqual({
    ...ANSWERED,
    time: '2026-01-02T03:04:05.006Z',
    milliseconds: 1.3,
  });
  expect(logged('json', {}, ['user', 'repository'])).toMatch(
    /^\{"time":"[^"]+","user":null,"address":"192.0.2.1","id":"some-id","repository":null,/,
  );
  expect(requestLog('none', process.stderr)).toBeUndefined();
});

it.each(['text', 'json'] as const)('escapes control characters from clients as %s', (format) => {
  const evil = 'a\nb\r\u001b[31mc\u009b2J\u2028d\u202ee f"\\';
  const line = logged(format, { user: evil, path: `/${evil}`, error: new Error(evil) });
  expect(line.endsWith('\n')).toBe(true);
  expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  if (format === 'json') expect(JSON.parse(line)).toMatchObject({ user: evil });
  else expect(line.split(' ').slice(1, 3)).toEqual([expect.stringMatching(/^a\\nb/), '192.0.2.1']);
});
