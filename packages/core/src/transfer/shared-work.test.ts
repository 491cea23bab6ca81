import { expect, it } from 'vitest';
import { SharedWork } from './shared-work.js';

/** Work that ends when it is told to, or cancelled. */
function controlled() {
  const started: AbortSignal[] = [];
  const end: ((value: string) => void)[] = [];
  const work = (stop: AbortSignal): Promise<string> =>
    new Promise((resolve, reject) => {
      started.push(stop);
      end.push(resolve);
      stop.addEventListener('abort', () => reject(new Error('cancelled')));
    });
  return { started, end, work };
}

it('work that several callers want runs once', async () => {
  const shared = new SharedWork<string>();
  const { started, end, work } = controlled();
  const all = [shared.run('a', work), shared.run('a', work), shared.run('b', work)];
  end.forEach((resolve, at) => resolve(String(at)));
  expect(await Promise.all(all)).toEqual(['0', '0', '1']);
  expect(started).toHaveLength(2);
});

it('work goes on while one caller waits, and is cancelled when the last one gives up', async () => {
  const shared = new SharedWork<string>();
  const { started, work } = controlled();
  const [one, other] = [new AbortController(), new AbortController()];
  const first = shared.run('a', work, one);
  const second = shared.run('a', work, other);
  one.abort(new Error('gone'));
  await expect(first).rejects.toThrow('gone');
  expect(started[0]?.aborted).toBe(false);
  other.abort(new Error('gone'));
  await expect(second).rejects.toThrow('gone');
  expect(started[0]?.aborted).toBe(true);
});

it('cancelled work is not joined, failed work is not remembered', async () => {
  const shared = new SharedWork<string>();
  const { started, end, work } = controlled();
  const gone = new AbortController();
  const first = shared.run('a', work, gone);
  gone.abort();
  await expect(first).rejects.toThrow();
  await expect(shared.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  const next = shared.run('a', work);
  end[1]?.('new');
  expect(await next).toBe('new');
  expect(started).toHaveLength(2);
});

it('a caller that gave up before starts nothing', async () => {
  const shared = new SharedWork<string>();
  const { started, work } = controlled();
  await expect(shared.run('a', work, { signal: AbortSignal.abort() })).rejects.toThrow();
  expect(started).toEqual([]);
});

it('disposing cancels all work', async () => {
  const shared = new SharedWork<string>();
  const running = shared.run('a', controlled().work);
  const failing = expect(running).rejects.toThrow('cancelled');
  await shared[Symbol.asyncDispose]();
  await failing;
});
