import { mkdir, statfs } from 'node:fs/promises';
import { onTestFinished } from 'vitest';
import { must } from './run.js';

/** Mounts a file system of the test's own; gone with the test. @param options as tmpfs takes them: `size=8m` */
export async function mountTmpfs(folder: string, options: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await must('mount', ['-t', 'tmpfs', '-o', options, 'stowage-e2e', folder]);
  onTestFinished(async () => void (await must('umount', [folder])));
}

/** What `df` prints as used, in bytes. */
export async function used(folder: string): Promise<number> {
  const { blocks, bfree, bsize } = await statfs(folder);
  return (blocks - bfree) * bsize;
}
