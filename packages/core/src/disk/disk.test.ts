import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { writeAll, writeAtomically } from './atomic-write.js';
import { freeSpace, requireSpace } from './free-space.js';
import { withLock } from './lock.js';

describe('an atomic write', () => {
  it('creates the folder and leaves no temporary file', async () => {
    const folder = join(await temporaryFolder(), 'a/b');
    await writeAtomically(join(folder, 'x'), [Buffer.from('1'), Buffer.from('2')]);
    expect(await readFile(join(folder, 'x'), 'utf8')).toBe('12');
    expect(await readdir(folder)).toEqual(['x']);
  });

  it('keeps the old file when the new content fails', async () => {
    const path = join(await temporaryFolder(), 'x');
    await writeAtomically(path, [Buffer.from('old')]);
    function* failing(): Iterable<Uint8Array> {
      yield Buffer.from('new');
      throw new Error('cut');
    }
    await expect(writeAtomically(path, failing())).rejects.toThrow('cut');
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(join(path, '..'))).toEqual(['x']);
  });
});

it('a write fails when an early sync failed, as a later one may not report that again', async () => {
  const path = join(await temporaryFolder(), 'x');
  await using file = await open(path, 'w');
  file.datasync = () => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
  const chunks = Array.from({ length: 40 }, () => Buffer.alloc(1024 * 1024));
  await expect(writeAll(file, chunks, path)).rejects.toMatchObject({ code: 'NO_SPACE' });
});

describe('free space', () => {
  it('is known for a path that does not exist yet', async () => {
    const path = join(await temporaryFolder(), 'not/there/yet');
    expect(await freeSpace(path)).toBeGreaterThan(0);
    await requireSpace(path, 1);
    await expect(requireSpace(path, 2 ** 60)).rejects.toMatchObject({ code: 'NO_SPACE' });
  });
});

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
