import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { copy, FileStore } from '@stowage/core';
import { expect, it } from 'vitest';
import { storeWith } from '../../packages/core/testing/image.js';
import { createWorkspace, DEFINITION, NAME } from './fixture.js';
import { describeWith } from './peers.js';
import { COMMAND, must, stowage, temporaryFolder } from './run.js';

const REFERENCE = 'registry.example.com/team/app:v1';

/** Creates a workspace with an image, a cache with another, and a PATH with `stowage` on it. */
async function workspace() {
  const cwd = await createWorkspace();
  expect((await stowage(['build', DEFINITION, '--save'], { cwd })).code).toBe(0);
  const bin = await temporaryFolder();
  await writeFile(
    join(bin, 'stowage'),
    `#!/bin/sh\nexec ${COMMAND.map((word) => `"${word}"`).join(' ')} "$@"\n`,
  );
  await chmod(join(bin, 'stowage'), 0o755);
  const cache = await temporaryFolder();
  await using store = new FileStore(cache);
  await copy(await storeWith(REFERENCE), undefined, store);
  await store.commit();
  const path = `${bin}:${process.env['PATH'] ?? ''}`;
  return { cwd, env: { PATH: path, HOME: await temporaryFolder(), STOWAGE_CACHE_DIR: cache } };
}

describeWith(['bash'], 'bash', () => {
  it.each([
    ['stowage lo', ['load']],
    ['stowage load app-', [NAME]],
    ['stowage load --engine=pod', ['podman']],
    ['stowage save app-ubuntu-25.04-gcc15:l', ['latest']],
    ['stowage load registry.example.com/team/app:', ['v1']],
    ['stowage cache purge registry.example.com/', [REFERENCE]],
    ['stowage load ./sto', []],
    ['stowage load "$(touch touched)', []],
  ])('completes %s', async (line, expected) => {
    const { cwd, env } = await workspace();
    const script = `source <(stowage complete bash); COMP_LINE=$1; COMP_POINT=\${#1}; _stowage; printf '%s\\n' "\${COMPREPLY[@]}"; ls; complete -p stowage`;
    const said = await must('bash', ['-c', script, 'bash', line], { cwd, env });
    const lines = said.trim().split('\n');
    expect(lines.slice(0, expected.length)).toEqual(expected);
    expect(lines).not.toContain('touched');
    // Without suggestions, bash completes paths.
    expect(lines.at(-1)).toContain('-o default');
  });
});

describeWith(['fish'], 'fish', () => {
  it('completes commands, options, images and paths', async () => {
    const { cwd, env } = await workspace();
    const complete = async (line: string) =>
      (
        await must('fish', ['-c', 'stowage complete fish | source; complete -C $argv[1]', line], {
          cwd,
          env,
        })
      )
        .trim()
        .split('\n');
    expect((await complete('stowage lo'))[0]).toMatch(/^load\t/);
    expect(await complete('stowage load --engine pod')).toEqual([
      expect.stringMatching(/^podman\t/) as string,
    ]);
    expect((await complete('stowage load app-')).join()).toContain(NAME);
    expect((await complete('stowage load ./sto')).join()).toContain('./stowage.yaml');
  });
});

describeWith(['zsh'], 'zsh', () => {
  it('completes images with descriptions in a terminal', async () => {
    const { cwd, env } = await workspace();
    // zsh completes only in a terminal, so the shell gets one of its own.
    const script = `
      zmodload zsh/zpty
      zpty shell zsh -f -i
      zpty -w shell 'PS1=ready; autoload -U compinit; compinit -u -D; source <(stowage complete zsh); echo set-up'
      zpty -r shell out '*set-up*ready*'
      zpty -w -n shell $'stowage load app-\\t'
      zpty -r shell out '*${NAME}*' && print found
      zpty -d shell`;
    const said = await must('timeout', ['30', 'zsh', '-f', '-c', script], { cwd, env });
    expect(said).toContain('found');
  });
});
