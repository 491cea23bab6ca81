import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../../../testing/temporary.js';
import { Quota } from './quota.js';

afterEach(() => {
  vi.useRealTimers();
});

const NO_SPACE = { code: 'NO_SPACE' };

it('without a limit admits everything', async () => {
  const quota = new Quota(await temporaryFolder());
  quota.take(2 ** 50);
  await quota.admit();
});

it('counts files and folders below its root, and what is added since', async () => {
  const root = await temporaryFolder();
  await mkdir(join(root, 'a'));
  await writeFile(join(root, 'a/x'), Buffer.alloc(50_000));
  await symlink('/', join(root, 'a/link'));
  const quota = new Quota(root, 100_000);
  await quota.admit();
  quota.take(20_000);
  expect(() => quota.take(60_000)).toThrow(expect.objectContaining(NO_SPACE) as Error);
  // A refused write takes no space.
  quota.take(10_000);
  quota.addFile(20_000);
  await expect(quota.admit()).rejects.toMatchObject(NO_SPACE);
  quota.removeFile(20_000);
  await quota.admit();
});

it('counts many empty files and folders, too', async () => {
  const quota = new Quota(await temporaryFolder(), 100_000);
  await quota.admit();
  quota.addFolders(10);
  expect(() => {
    for (let at = 0; at < 200; at++) quota.takeFile(0);
  }).toThrow(expect.objectContaining(NO_SPACE) as Error);
});

it('sees a second later that space was freed, and ten seconds later that it was used', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const root = await temporaryFolder();
  const path = join(root, 'x');
  await writeFile(path, Buffer.alloc(200_000));
  const quota = new Quota(root, 100_000);
  await expect(quota.admit()).rejects.toMatchObject(NO_SPACE);
  await rm(path);
  await expect(quota.admit()).rejects.toMatchObject(NO_SPACE);
  vi.advanceTimersByTime(1_001);
  await quota.admit();
  await writeFile(path, Buffer.alloc(200_000));
  vi.advanceTimersByTime(1_001);
  await quota.admit();
  vi.advanceTimersByTime(10_000);
  await expect(quota.admit()).rejects.toMatchObject(NO_SPACE);
});
