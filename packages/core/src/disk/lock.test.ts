import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
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
      await expect(withLock(path, async () => 1, { wait: 50 })).rejects.toMatchObject({
        code: 'CONFLICT',
      });
      await expect(
        withLock(path, async () => 1, { signal: AbortSignal.timeout(50) }),
      ).rejects.toThrow();
    });
  });

  it('is a CONFLICT if another process took it over, noticed during the work or at its end', async () => {
    const takenOver = async (wait: number) => {
      const path = join(await temporaryFolder(), 'x');
      return withLock(path, async () => {
        await rm(path, { recursive: true });
        await sleep(50);
        await mkdir(path);
        await writeFile(join(path, 'theirs'), '');
        await sleep(wait);
      });
    };
    await expect(takenOver(0)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(takenOver(3500)).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});
