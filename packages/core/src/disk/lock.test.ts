import { mkdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { withLock } from './lock.js';

describe('a lock', () => {
  it('lets one holder work at a time', async () => {
    const path = join(await temporaryFolder(), 'locks/x');
    let inside = 0;
    let most = 0;
    const work = () =>
      withLock(path, async () => {
        most = Math.max(most, ++inside);
        await new Promise(setImmediate);
        inside--;
      });
    await Promise.all(Array.from({ length: 5 }, work));
    expect(most).toBe(1);
  });

  it('is released when the work fails', async () => {
    const path = join(await temporaryFolder(), 'x');
    await expect(withLock(path, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withLock(path, async () => 'again')).toBe('again');
  });

  it('is no longer waited for after a timeout or an abort', async () => {
    const path = join(await temporaryFolder(), 'x');
    await withLock(path, async () => {
      const late = withLock(path, async () => 1, { wait: 0 });
      await expect(late).rejects.toMatchObject({ code: 'CONFLICT' });
      const given = new AbortController();
      const waiting = withLock(path, async () => 1, { signal: given.signal });
      given.abort(new Error('given up'));
      await expect(waiting).rejects.toThrow('given up');
    });
  });

  it('is a CONFLICT if another process took it over, noticed at the end of the work', async () => {
    const path = join(await temporaryFolder(), 'x');
    await expect(withLock(path, () => takeOver(path))).rejects.toMatchObject({
      code: 'CONFLICT',
      cause: { code: 'ENOTEMPTY' },
    });
  });

  it('is a CONFLICT if another process took it over, noticed when it is renewed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const path = join(await temporaryFolder(), 'x');
    const work = async (): Promise<void> => {
      await takeOver(path);
      expect(vi.getTimerCount()).toBe(1);
      vi.runAllTimers();
      await readMany(path);
    };
    await expect(withLock(path, work)).rejects.toMatchObject({
      code: 'CONFLICT',
      cause: { code: 'ECOMPROMISED' },
    });
  });
});

/** Puts the lock of another process, of another time, in the place of ours. */
async function takeOver(path: string): Promise<void> {
  await rm(path, { recursive: true });
  await mkdir(path);
  await writeFile(join(path, 'theirs'), '');
  await utimes(path, 1000, 1000);
}

/** Gives a read that was begun before the time to end. */
async function readMany(path: string): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await stat(path);
}
