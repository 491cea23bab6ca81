import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { refuseInvisible } from './refuse-invisible.js';

async function repository(isGit = true) {
  const root = await mkdtemp(join(tmpdir(), 'stowage-git-'));
  onTestFinished(() => rm(root, { recursive: true }));
  if (isGit) execFileSync('git', ['init', '--quiet', root]);
  await writeFile(join(root, '.gitignore'), 'dist\n*.log\n');
  const refuse =
    (files: readonly string[], outputs: readonly string[] = [], dependency: unknown = 'a:build') =>
    () =>
      refuseInvisible(
        files.map((file) => join(root, file)),
        'image.yaml',
        {
          root,
          projectName: 'a',
          targetName: 'image-save',
          taskGraph: {
            dependencies: { 'a:image-save': [dependency] },
            tasks: { 'a:build': { outputs } },
          },
        } as unknown as ExecutorContext,
      );
  return refuse;
}

describe('the files of an image', () => {
  it('may be all that git sees', async () => {
    const refuse = await repository();
    expect(refuse(['src/a', 'b'])).not.toThrow();
    expect(refuse([])).not.toThrow();
  });

  it('that git ignores are refused, at most five by name', async () => {
    const refuse = await repository();
    const names = Array.from({ length: 7 }, (_, at) => `${at}.log`);
    expect(refuse(['a', 'dist/b'])).toThrow(
      'git ignores these files, so Nx does not see when they change: dist/b',
    );
    expect(refuse(names)).toThrow('0.log, 1.log, 2.log, 3.log, 4.log and 2 more');
    expect(refuse(names)).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
  });

  it.each([['dist'], ['dist/**/*'], ['dist/b']])(
    'may be the outputs of a task before it: %s',
    async (output) => {
      const refuse = await repository();
      expect(refuse(['dist/b'], [output])).not.toThrow();
      // As Nx 24 has it.
      expect(refuse(['dist/b'], [output], { id: 'a:build' })).not.toThrow();
      expect(refuse(['dist/b', 'x.log'], [output])).toThrow('x.log');
    },
  );

  it('may have any name, and are not checked outside of a repository', async () => {
    const refuse = await repository();
    expect(refuse(['a\nb.log'])).toThrow('a\nb.log');
    const outside = await repository(false);
    expect(outside(['dist/b'])).not.toThrow();
  });
});
