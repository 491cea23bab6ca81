import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { must, run, temporaryFolder } from '../run.js';

/** The paths of files in the layers of an archive, sorted. */
export async function layerPaths(archive: string): Promise<string[]> {
  const folder = await temporaryFolder();
  await must('tar', ['-xf', archive, '-C', folder]);
  const blobs = join(folder, 'blobs/sha256');
  const paths: string[] = [];
  for (const blob of await readdir(blobs)) {
    const { code, stdout } = await run('tar', ['-tf', join(blobs, blob)]);
    if (code === 0) paths.push(...stdout.split('\n').filter((path) => !/(?:^|\/)$/.test(path)));
  }
  return paths.sort();
}
