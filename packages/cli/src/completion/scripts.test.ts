import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { SCRIPTS } from './scripts.js';
import { SHELLS } from './shells.js';

/** The suggestions that bash takes for a line, and the words that our command was asked with. */
function completed(line: string, ...suggestions: readonly string[]) {
  const bin = mkdtempSync(join(tmpdir(), 'stowage-complete-'));
  onTestFinished(() => rmSync(bin, { recursive: true }));
  const words = join(bin, 'words');
  const lines = suggestions.map((each) => `${each}\\tabout\\n`).join('');
  writeFileSync(
    join(bin, 'stowage'),
    `#!/bin/sh\nprintf '%s\\n' "$@" > ${words}\nprintf '${lines}'\n`,
  );
  chmodSync(join(bin, 'stowage'), 0o755);
  const script = `${SCRIPTS.bash}\nCOMP_LINE='${line}'; COMP_POINT=\${#COMP_LINE}; _stowage; printf '%s\\n' "\${COMPREPLY[@]}"; cat ${words}`;
  const env = { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` };
  return execFileSync('bash', ['-c', script], { encoding: 'utf8', env })
    .split('\n')
    .filter(Boolean);
}

it('each shell has a script', () => {
  expect(SHELLS.every((shell) => SCRIPTS[shell].includes('stowage complete -- '))).toBe(true);
  expect(spawnSync('bash', ['-n'], { input: SCRIPTS.bash }).status).toBe(0);
});

it('bash asks with the words of the line, and takes the values', () => {
  expect(completed('stowage load ap', 'app', 'apple')).toEqual([
    'app',
    'apple',
    'complete',
    '--',
    'load',
    'ap',
  ]);
});

it('bash asks for a new word after a blank', () => {
  expect(completed('stowage load ', 'app').slice(0, 4)).toEqual(['app', 'complete', '--', 'load']);
});

it('bash gets what follows its own breaks in a word', () => {
  expect(completed('stowage load docker.io/a:1', 'docker.io/a:1.0')[0]).toBe('1.0');
});
