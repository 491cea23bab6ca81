import { expect, it } from 'vitest';
import { SharedWork } from './shared-work.js';

/** Work that runs until the test resolves it or it is cancelled. */
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

it('runs work of one key once for concurrent callers', async () => {
  const shared = new SharedWork<string>();
  const { started, end, work } = controlled();
  const all = [shared.run('a', work), shared.run('a', work), shared.run('b', work)];
  end.forEach((resolve, at) => resolve(String(at)));
  expect(await Promise.all(all)).toEqual(['0', '0', '1']);
  expect(started).toHaveLength(2);
});

it('continues while one caller still waits, and cancels the work when the last caller aborts', async () => {
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

it('starts work again after it was cancelled or failed', async () => {
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

it('starts no work for a caller that is already aborted', async () => {
  const shared = new SharedWork<string>();
  const { started, work } = controlled();
  await expect(shared.run('a', work, { signal: AbortSignal.abort() })).rejects.toThrow();
  expect(started).toEqual([]);
});

it('cancels all work when it is disposed of', async () => {
  const shared = new SharedWork<string>();
  const running = shared.run('a', controlled().work);
  const failing = expect(running).rejects.toThrow('cancelled');
  await shared[Symbol.asyncDispose]();
  await failing;
});
