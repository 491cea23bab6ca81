import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { rename, retryBusy, rm } from './retried.js';

/** A change that fails with a code this many times, and the waits between its tries. */
function failing(code: string, times: number, platform: NodeJS.Platform) {
  const waits: number[] = [];
  const change = (): Promise<string> =>
    times-- > 0
      ? Promise.reject(Object.assign(new Error(code), { code }))
      : Promise.resolve('done');
  const wait = (ms: number) => Promise.resolve(waits.push(ms));
  return { waits, run: () => retryBusy('C:\\x.tar', change, { platform, wait }) };
}

describe('a change of a file that a program has open', () => {
  it.each(['EACCES', 'EBUSY', 'EPERM'])('is tried again after %s of Windows', async (code) => {
    const { waits, run } = failing(code, 3, 'win32');
    expect(await run()).toBe('done');
    expect(waits).toEqual([10, 20, 40]);
  });

  it('is a CONFLICT when the file stays in use for seconds', async () => {
    const { waits, run } = failing('EPERM', Infinity, 'win32');
    await expect(run()).rejects.toMatchObject({
      code: 'CONFLICT',
      location: 'C:\\x.tar',
      message: 'C:\\x.tar: in use by another program, or write-protected',
      cause: { code: 'EPERM' },
    });
    const all = waits.reduce((sum, ms) => sum + ms, 0);
    expect(all).toBeGreaterThan(1000);
    expect(all).toBeLessThan(5000);
  });

  it.each<[string, NodeJS.Platform]>([
    ['EPERM', 'linux'],
    ['EACCES', 'darwin'],
    ['ENOENT', 'win32'],
    ['ENOSPC', 'win32'],
  ])('is not tried again after %s of %s', async (code, platform) => {
    const { waits, run } = failing(code, 1, platform);
    await expect(run()).rejects.toMatchObject({ code });
    expect(waits).toEqual([]);
  });
});

it('replaces and deletes a file that a reader still has open for a moment', async () => {
  const folder = await temporaryFolder();
  const [from, to] = [join(folder, 'new'), join(folder, 'old')];
  for (const path of [from, to]) await writeFile(path, path);
  const reader = await open(to, 'r');
  const renaming = rename(from, to);
  await reader.close();
  await renaming;
  expect(await readFile(to, 'utf8')).toBe(from);
  await rm(to);
  await expect(rm(to)).rejects.toMatchObject({ code: 'ENOENT' });
  await rm(to, { force: true });
});
