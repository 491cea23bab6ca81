import { mkdir, statfs } from 'node:fs/promises';
import { onTestFinished } from 'vitest';
import { must } from './run.js';

/** Mounts a tmpfs until the test ends. @param options of tmpfs, as `size=8m` */
export async function mountTmpfs(folder: string, options: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await must('mount', ['-t', 'tmpfs', '-o', options, 'stowage-e2e', folder]);
  onTestFinished(async () => void (await must('umount', [folder])));
}

/** Used space of a file system as `df` reports it, in bytes. */
export async function used(folder: string): Promise<number> {
  const { blocks, bfree, bsize } = await statfs(folder);
  return (blocks - bfree) * bsize;
}
