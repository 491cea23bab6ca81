import { expect, it } from 'vitest';
import { forEachOf } from './for-each-of.js';

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

it('runs every item, a bounded number at once', async () => {
  const done: number[] = [];
  let [running, most] = [0, 0];
  await forEachOf([1, 2, 3, 4, 5], { concurrency: 2 }, async (item) => {
    most = Math.max(most, ++running);
    await nextTurn();
    running--;
    done.push(item);
  });
  expect(done.sort()).toEqual([1, 2, 3, 4, 5]);
  expect(most).toBe(2);
});

it('stops the other tasks at the first failure, waits for their end, and throws that failure', async () => {
  const ended: number[] = [];
  const started: number[] = [];
  const work = forEachOf([1, 2, 3, 4], { concurrency: 2 }, async (item, signal) => {
    started.push(item);
    if (item === 1) throw new Error('first');
    while (!signal.aborted) await nextTurn();
    await nextTurn();
    ended.push(item);
    throw new Error('later');
  });
  await expect(work).rejects.toThrow('first');
  expect(started).toEqual([1, 2]);
  expect(ended).toEqual([2]);
});

it('throws the reason of the signal of the caller', async () => {
  const stop = new AbortController();
  const started: number[] = [];
  const work = forEachOf([1, 2], { concurrency: 1, signal: stop.signal }, async (item) => {
    started.push(item);
    stop.abort(new Error('enough'));
  });
  await expect(work).rejects.toThrow('enough');
  expect(started).toEqual([1]);
});

it('throws a failure without a value, too', async () => {
  const work = forEachOf([1], { concurrency: 1 }, () =>
    Promise.reject(undefined as unknown as Error),
  );
  await expect(work.then(() => 'done')).rejects.toBeDefined();
});

it('does not have Node.js warn of the many listeners of its signal', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  try {
    const items = Array.from({ length: 20 }, (_, at) => at);
    await forEachOf(items, { concurrency: 20 }, async (_, signal) => {
      signal.addEventListener('abort', () => undefined);
      await nextTurn();
    });
    await nextTurn();
  } finally {
    process.off('warning', onWarning);
  }
  expect(warnings).toEqual([]);
});
