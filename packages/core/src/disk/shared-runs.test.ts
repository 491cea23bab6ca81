import { expect, it } from 'vitest';
import { SharedRuns } from './shared-runs.js';

it('callers during a run share the next one, which sees what was changed before', async () => {
  const runs = new SharedRuns<number>();
  let value = 1;
  let count = 0;
  const read = async (): Promise<number> => {
    count++;
    const now = value;
    await new Promise((resolve) => setTimeout(resolve, 5));
    return now;
  };
  const first = runs.run(read);
  value = 2;
  const others = Array.from({ length: 10 }, () => runs.run(read));
  expect(await first).toBe(1);
  expect(await Promise.all(others)).toEqual(Array.from({ length: 10 }, () => 2));
  expect(count).toBe(2);
  value = 3;
  expect(await runs.run(read)).toBe(3);
});

it('a failure is that of its own run', async () => {
  const runs = new SharedRuns<string>();
  const failed = runs.run(() => Promise.reject(new TypeError('first')));
  const next = runs.run(async () => 'second');
  await expect(failed).rejects.toThrow('first');
  expect(await next).toBe('second');
});
