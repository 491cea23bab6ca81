import { link, mkdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { allocatedBytes, allocatedBytesOf, modifiedAt, statIfExists } from './allocated.js';

describe('the space that deleting a file frees', () => {
  it('is that of its blocks, not its length', () => {
    expect(allocatedBytesOf({ blocks: 8, nlink: 1 })).toBe(4096);
    expect(allocatedBytesOf({ blocks: 0, nlink: 1 })).toBe(0);
  });

  it('is nothing while the file has another hard link, or does not exist', async () => {
    const path = join(await temporaryFolder(), 'x');
    expect(await allocatedBytes(path)).toBe(0);
    await writeFile(path, Buffer.alloc(10_000, 'x'));
    expect(await allocatedBytes(path)).toBe((await stat(path)).blocks * 512);
    await link(path, `${path}.2`);
    expect(await allocatedBytes(path)).toBe(0);
  });
});

describe('the time of a file', () => {
  it('is undefined if it does not exist', async () => {
    const path = join(await temporaryFolder(), 'x');
    expect(await modifiedAt(path)).toBeUndefined();
    expect(await statIfExists(path)).toBeUndefined();
    await writeFile(path, '');
    await utimes(path, 7, 7);
    expect(await modifiedAt(path)).toBe(7000);
  });

  it('is an error for any other failure', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'd'));
    await expect(modifiedAt(join(folder, 'd', 'n'.repeat(300)))).rejects.toMatchObject({
      code: 'ENAMETOOLONG',
    });
  });
});
