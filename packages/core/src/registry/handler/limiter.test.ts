import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Limiter } from './limiter.js';

it('asks a client beyond its limit to retry in a second', () => {
  const limiter = new Limiter('uploads', 4);
  limiter.enter('a');
  expect(() => limiter.enter('a')).toThrow(
    expect.objectContaining({
      code: 'TOOMANYREQUESTS',
      status: 429,
      headers: { 'retry-after': '1' },
      message: 'too many concurrent uploads: the limit is 1 from one client and 4 in total',
    }) as Error,
  );
});

it('never admits more than its limits, and releases everything', () => {
  const step = fc.record({ client: fc.constantFrom('a', 'b', 'c', 'd', 'e'), amount: fc.nat(5) });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 40 }),
      fc.integer({ min: 4, max: 16 }),
      (steps, max) => {
        const limiter = new Limiter('units', max);
        const held: { client: string; amount: number; lease: Disposable }[] = [];
        const sum = (client?: string) =>
          held
            .filter((each) => client === undefined || each.client === client)
            .reduce((total, { amount }) => total + amount, 0);
        for (const { client, amount } of steps)
          try {
            held.push({ client, amount, lease: limiter.enter(client, amount) });
            expect(sum()).toBeLessThanOrEqual(max);
            expect(sum(client)).toBeLessThanOrEqual(Math.ceil(max / 4));
          } catch {
            const isOver = sum() + amount > max || sum(client) + amount > Math.ceil(max / 4);
            expect(isOver).toBe(true);
            held.shift()?.lease[Symbol.dispose]();
          }
        for (const { lease } of held) lease[Symbol.dispose]();
        for (const client of ['a', 'b', 'c', 'd']) limiter.enter(client, Math.floor(max / 4));
      },
    ),
  );
});
