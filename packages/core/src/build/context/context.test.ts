import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { contextPath, listContext, selectFiles } from './context.js';
import { readContextFile } from '../source-files/context-file.js';

async function context(): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'a'));
  await writeFile(join(folder, 'a/x'), '1');
  return folder;
}

describe('contextPath', () => {
  it.each([
    ['.', ''],
    ['./', ''],
    ['./a/', 'a'],
    ['a/../b//c', 'b/c'],
    ['..a', '..a'],
  ])('normalizes %j to %j', (path, expected) => {
    expect(contextPath(path)).toBe(expected);
  });

  it.each(['..', '../a', 'a/../../b', '/etc/hostname', 'a\0'])('rejects %j', (path) => {
    expect(() => contextPath(path)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});

describe('listContext and links', () => {
  it('lists links as links, even those that lead out of the context', async () => {
    const folder = await context();
    await symlink('/etc', join(folder, 'out'));
    expect((await listContext(folder)).map(({ path, type }) => `${type} ${path}`)).toEqual([
      'directory a',
      'file a/x',
      'symlink out',
    ]);
  });

  it('does not follow links that lead out of the context', async () => {
    const folder = await context();
    await symlink('/etc', join(folder, 'out'));
    await symlink('a', join(folder, 'in'));
    expect((await listContext(folder, ['in/x'])).map(({ path }) => path)).toEqual(['in/x']);
    await expect(listContext(folder, ['out/hostname'])).rejects.toThrow(
      /out: a symbolic link that leads out of/,
    );
    await symlink('/etc/hostname', join(folder, '.dockerignore'));
    await expect(listContext(folder)).rejects.toThrow(
      /\.dockerignore: a symbolic link that leads out of/,
    );
  });

  it('refuses to read a file that was replaced after it was listed', async () => {
    const folder = await context();
    const [, file] = await listContext(folder);
    if (!file) throw new Error('a file was listed');
    const read = async () => {
      for await (const chunk of readContextFile(file)) return Buffer.from(chunk).toString();
      return '';
    };
    expect(await read()).toBe('1');
    await rename(join(folder, 'a'), join(folder, 'b'));
    await mkdir(join(folder, 'a'));
    await symlink('/etc/hostname', join(folder, 'a/x'));
    await expect(read()).rejects.toMatchObject({ code: 'INVALID' });
    await rename(join(folder, 'a'), join(folder, 'c'));
    await mkdir(join(folder, 'a'));
    await writeFile(join(folder, 'a/x'), '2');
    await expect(read()).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('takes the rules beside the Dockerfile in place of .dockerignore', async () => {
    const folder = await context();
    for (const name of ['.dockerignore', 'a/Dockerfile.dockerignore', 'a/Dockerfile', 'b'])
      await writeFile(join(folder, name), name === '.dockerignore' ? 'b\n' : 'a/x\n*.dockerignore');
    const paths = async (dockerfile?: string) =>
      (await listContext(folder, ['.'], { dockerfile })).map(({ path }) => path);
    expect(await paths('a/Dockerfile')).toEqual([
      'a',
      'a/Dockerfile',
      'a/Dockerfile.dockerignore',
      'b',
    ]);
    expect(await paths('./a/Other')).not.toContain('b');
    expect(await paths()).toContain('a/x');
    await writeFile(join(folder, 'a/Dockerfile.dockerignore'), '[');
    await expect(paths('a/Dockerfile')).rejects.toMatchObject({
      code: 'INVALID',
      location: join(folder, 'a/Dockerfile.dockerignore'),
    });
  });

  it('lists an ignored Dockerfile, marked as hidden', async () => {
    const folder = await context();
    await writeFile(join(folder, 'Dockerfile'), '');
    await writeFile(join(folder, '.dockerignore'), '*');
    const list = async (dockerfile?: string) =>
      (await listContext(folder, ['.'], { dockerfile })).map(({ path, isHidden }) => [
        path,
        isHidden,
      ]);
    expect(await list('./Dockerfile')).toEqual([['Dockerfile', true]]);
    expect(await list('absent')).toEqual([]);
    expect(await list()).toEqual([]);
    await expect(list('../Dockerfile')).rejects.toMatchObject({ code: 'INVALID' });
  });

  it('stops listing when aborted', async () => {
    const signal = AbortSignal.abort();
    await expect(listContext(await context(), ['.'], { signal })).rejects.toThrow(/abort/i);
  });
});

describe('names with accents', () => {
  const [NFC, NFD] = ['caf\u00e9', 'cafe\u0301'];

  it('are as they are on disk, byte by byte, as docker sends them', async () => {
    const folder = await context();
    for (const name of [NFC, NFD]) await writeFile(join(folder, name), name);
    const paths = (await listContext(folder)).map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining([NFC, NFD]));
    await writeFile(join(folder, '.dockerignore'), NFC);
    const left = (await listContext(folder)).map(({ path }) => path);
    expect(left).toContain(NFD);
    expect(left).not.toContain(NFC);
  });

  it('in another form than the definition has them are not found, and the hint says why', async () => {
    const folder = await context();
    await writeFile(join(folder, NFD), '');
    const files = await listContext(folder);
    expect(selectFiles(files, NFD, folder)).toHaveLength(1);
    expect(() => selectFiles(files, NFC, folder)).toThrow(
      expect.objectContaining({
        code: 'NOT_FOUND',
        hint: expect.stringContaining('another Unicode form') as string,
      }),
    );
  });
});
