import { expect, it } from 'vitest';
import { listening } from '../../../testing/listening.js';
import { beginReport, type AnsweredRequest } from './answered-request.js';

it('a report has the facts of one request, and the bytes of it alone', async () => {
  const reports: AnsweredRequest[] = [];
  const address = await listening((request, response) => {
    const { id, end } = beginReport(request, response, () => 7);
    const call = { address: '::1', method: 'GET', path: '/x', route: 'none' } as const;
    const isFirst = reports.length === 0;
    response.once('finish', () => {
      const report = isFirst
        ? end({ ...call, user: 'ada' }, new TypeError('mine'))
        : end(call, undefined);
      expect(report.id).toBe(id);
      reports.push(report);
    });
    response.writeHead(isFirst ? 500 : 200).end('x'.repeat(isFirst ? 5000 : 10));
  });
  for (let round = 0; round < 2; round++) await (await fetch(`http://${address}`)).text();
  const [first, second] = reports;
  expect(first).toMatchObject({ time: 7, status: 500, user: 'ada', error: { message: 'mine' } });
  expect(second).toMatchObject({ time: 7, status: 200, address: '::1', path: '/x' });
  expect(second).not.toHaveProperty('user');
  expect(second).not.toHaveProperty('error');
  expect(first?.bytes).toBeGreaterThan(5000);
  expect(second?.bytes).toBeLessThan(1000);
  expect(second?.id).not.toBe(first?.id);
  expect(second?.milliseconds).toBeGreaterThanOrEqual(0);
});
