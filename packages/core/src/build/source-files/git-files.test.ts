import { execFileSync } from 'node:child_process';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { gitFiles } from './git-files.js';

/** A repository whose index has a file, a program, a link and a file below a folder. */
async function repository() {
  const folder = await temporaryFolder();
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-C', folder, ...args], { stdio: 'pipe' });
  git('init', '-q');
  await mkdir(join(folder, 'below'));
  for (const path of ['a', 'run', 'below/über', 'untracked'])
    await writeFile(join(folder, path), path);
  await chmod(join(folder, 'run'), 0o755);
  await symlink('a', join(folder, 'link'));
  git('add', 'a', 'run', 'below', 'link');
  return { folder, git };
}

it('what git has is listed with its mode, relative to the folder', async () => {
  const { folder } = await repository();
  expect(await gitFiles(folder)).toEqual([
    { mode: 0o100644, stage: 0, path: 'a' },
    { mode: 0o100644, stage: 0, path: 'below/über' },
    { mode: 0o120000, stage: 0, path: 'link' },
    { mode: 0o100755, stage: 0, path: 'run' },
  ]);
  expect(await gitFiles(join(folder, 'below'))).toMatchObject([{ path: 'über' }]);
});

it('a folder of no repository, or none at all, has no list', async () => {
  const folder = await temporaryFolder();
  expect(await gitFiles(folder)).toBeUndefined();
  expect(await gitFiles(join(folder, 'absent'))).toBeUndefined();
});

it('the settings of a repository start no program', async () => {
  const { folder, git } = await repository();
  const marker = join(folder, 'started');
  git('config', 'core.fsmonitor', `touch ${marker}; false`);
  expect(await gitFiles(folder)).toHaveLength(4);
  await expect(chmod(marker, 0o644)).rejects.toThrow('ENOENT');
});
