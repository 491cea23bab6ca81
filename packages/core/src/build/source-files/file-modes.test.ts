import { execFileSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { isModeLost, modeOf, readGitModes } from './file-modes.js';

it.each([
  [0o644, 0o644, false],
  [0o664, 0o644, false],
  [0o755, 0o755, false],
  [0o775, 0o755, false],
  [0o700, 0o755, true],
  [0o600, 0o644, true],
  [0o444, 0o644, true],
  [0o4755, 0o755, true],
  [0o2755, 0o755, true],
  [0o1644, 0o644, true],
  // Only the owner's bit counts, as in git.
  [0o655, 0o644, false],
])('the mode %i becomes %i; that is a loss: %s', (mode, expected, isLost) => {
  expect([modeOf(mode), isModeLost(mode)]).toEqual([expected, isLost]);
});

describe('the modes of git', () => {
  const git = (folder: string, ...args: readonly string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'init.defaultBranch=main', ...args]);

  it('are those of its index, below the folder, whatever the names', async () => {
    const root = await temporaryFolder();
    const folder = join(root, 'sub');
    await mkdir(folder);
    git(root, 'init', '--quiet');
    for (const name of ['plain', 'run', 'two\nlines', 'é'])
      await writeFile(join(folder, name), 'x');
    await writeFile(join(root, 'above'), 'x');
    await chmod(join(folder, 'run'), 0o755);
    git(root, 'add', '.');
    await writeFile(join(folder, 'untracked'), 'x');
    expect(new Map([...(await readGitModes(folder))].sort())).toEqual(
      new Map([
        ['plain', 0o644],
        ['run', 0o755],
        ['two\nlines', 0o644],
        ['é', 0o644],
      ]),
    );
  });

  it('are none outside of a repository', async () => {
    expect(await readGitModes(await temporaryFolder())).toEqual(new Map());
  });
});
