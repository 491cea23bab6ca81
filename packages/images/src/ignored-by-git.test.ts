import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { folderOf } from '../testing/task.js';
import { ignoredByGit } from './ignored-by-git.js';

it('files that git ignores are told from the others, whatever is in their names', async () => {
  const root = await folderOf({ '.gitignore': '*.tar\nbuild\n' });
  execFileSync('git', ['init', '-q'], { cwd: root });
  const files = ['a.tar', 'a.txt', 'build/x', 'new\nline.tar', 'ü.tar'];
  expect(ignoredByGit(files, root)).toEqual(['a.tar', 'build/x', 'new\nline.tar', 'ü.tar']);
  expect(ignoredByGit(['a.txt'], root)).toEqual([]);
  expect(ignoredByGit([], root)).toEqual([]);
});

it('no file is ignored outside a repository', async () => {
  expect(ignoredByGit(['a.tar'], await folderOf({ '.gitignore': '*' }))).toEqual([]);
});
