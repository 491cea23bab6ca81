import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileMode, makeFolder } from '../../disk/atomic-write.js';
import { rm } from '../../disk/busy/retried.js';
import { writeChunk } from '../../disk/write-all.js';
import { partialFolder } from '../../store/paths.js';

/**
 * Writes a small file below the root of a registry, and deletes it.
 *
 * @throws ImageError NO_SPACE, INVALID (a symbolic link); system errors of a folder that cannot be written
 */
export async function checkWritable(root: string): Promise<void> {
  const path = join(partialFolder(root), `check-${randomBytes(8).toString('hex')}`);
  const options = { privateTo: root };
  await makeFolder(dirname(path), options);
  try {
    await using file = await open(path, 'wx', fileMode(options));
    await writeChunk(file, Buffer.from('x'), path);
  } finally {
    await rm(path, { force: true });
  }
}
