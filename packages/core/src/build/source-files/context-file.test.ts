import { appendFile, chmod, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { systemCode } from '../../errors.js';
import { readAll } from '../../transfer/verified.js';
import { listContext } from '../context/context.js';
import { isSmall, readContextFile, readSmallFile, type ContextFile } from './context-file.js';

async function listed(content: string | Buffer): Promise<ContextFile> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'f'), content);
  const [file] = await listContext(folder);
  if (!file) throw new Error('the file was listed');
  return file;
}

async function readWhole(file: ContextFile): Promise<Uint8Array> {
  const content = Buffer.alloc(file.size);
  readSmallFile(file, content);
  return content;
}

describe.each([
  ['at once', readWhole],
  ['as a stream', (file: ContextFile) => readAll(readContextFile(file))],
])('a file of a context that is read %s', (_, read) => {
  it.each(['', 'a', 'x'.repeat(70_000)])('has its content (%#)', async (content) => {
    expect(Buffer.from(await read(await listed(content))).toString()).toBe(content);
  });

  it.each<[string, (path: string) => Promise<void>, string]>([
    ['grew', (path) => appendFile(path, 'x'), 'CONFLICT'],
    ['shrank', (path) => truncate(path, 3), 'CONFLICT'],
    ['was emptied', (path) => truncate(path), 'CONFLICT'],
    ['is gone', (path) => rm(path), 'ENOENT'],
    [
      'is a link',
      async (path) => {
        await rm(path);
        await symlink('/etc/hostname', path);
      },
      'INVALID',
    ],
    [
      'is another file',
      async (path) => {
        // Both exist at once, so they have different inodes.
        await writeFile(`${path}.new`, 'content');
        await rename(`${path}.new`, path);
      },
      'CONFLICT',
    ],
  ])('and %s since it was listed is an error', async (_what, change, code) => {
    const file = await listed('content');
    await change(file.absolute);
    await expect(read(file)).rejects.toMatchObject({ code });
  });

  it('and may not be read is an error', async () => {
    const file = await listed('content');
    await chmod(file.absolute, 0);
    const isRoot = process.getuid?.() === 0;
    try {
      // Root may read every file.
      if (isRoot) process.seteuid?.(65_534);
      const error: unknown = await read(file).catch((each: unknown) => each);
      expect(systemCode(error)).toBe('EACCES');
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });
});

it('a file is small up to 64 KiB', async () => {
  expect(isSmall(await listed(Buffer.alloc(65_536)))).toBe(true);
  expect(isSmall(await listed(Buffer.alloc(65_537)))).toBe(false);
});
