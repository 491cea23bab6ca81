import { spawnSync } from 'node:child_process';

/** The files of a list that git ignores. Without git, or outside a repository, no file is ignored. */
export function ignoredByGit(files: readonly string[], root: string): string[] {
  if (files.length === 0) return [];
  const { status, stdout } = spawnSync('git', ['check-ignore', '-z', '--stdin'], {
    cwd: root,
    input: files.join('\0'),
    encoding: 'utf8',
  });
  return status === 0 ? stdout.split('\0').filter((file) => file !== '') : [];
}
