import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { DOCUMENT_LIMIT } from '../../disk/paths/own-file.js';
import { repositoryReader } from './repository-file.js';

async function repository() {
  const root = await temporaryFolder();
  await mkdir(join(root, 'd'));
  await writeFile(join(root, 'd/f'), 'text');
  return { root, read: repositoryReader(root) };
}
const code = (name: string) => expect.objectContaining({ code: name }) as Error;

describe('a file of a repository', () => {
  it('is read, also through a link inside it; another one is none', async () => {
    const { root, read } = await repository();
    await symlink('d/f', join(root, 'link'));
    expect([read('d/f'), read('link'), read('none'), read('d/f/x'), read('n'.repeat(300))]).toEqual(
      ['text', 'text', undefined, undefined, undefined],
    );
  });

  it.each(['../x', '/etc/passwd'])('is never outside of it: %s', async (path) => {
    const { read } = await repository();
    expect(() => read(path)).toThrow(code('INVALID'));
  });

  it('is not behind a link out of it, and no folder', async () => {
    const { root, read } = await repository();
    const outside = await temporaryFolder();
    await writeFile(join(outside, 'secret'), 'x');
    await symlink(join(outside, 'secret'), join(root, 'out'));
    expect(() => read('out')).toThrow(code('INVALID'));
    expect(() => read('d')).toThrow(code('INVALID'));
  });

  it('that is too large is TOO_LARGE', async () => {
    const { root, read } = await repository();
    await truncate(join(root, 'd/f'), DOCUMENT_LIMIT + 1);
    expect(() => read('d/f')).toThrow(code('TOO_LARGE'));
  });
});
