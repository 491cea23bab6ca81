import type { EnsureResult } from '@stowage/core';
import { expect, it } from 'vitest';
import { createWorkspace, DEFINITION, NAME } from './fixture.js';
import { json, stowage } from './run.js';

const REQUEST = ['--os', 'ubuntu:25.04', '--compiler', 'gcc15', '--engine', 'embedded'];

it('builds once for several processes: one builds, the others wait and use its image', async () => {
  const cwd = await createWorkspace({ [`${DEFINITION}/files/big`]: 'a'.repeat(50_000_000) });
  const all = await Promise.all(
    Array.from({ length: 4 }, () => json<EnsureResult>(['ensure', ...REQUEST], { cwd })),
  );
  const actions = all.flatMap(({ saved }) => saved.map(({ action }) => action));
  expect(actions.filter((action) => action === 'saved')).toHaveLength(1);
  for (const { name, loaded } of all) {
    expect(name).toBe(NAME);
    expect(loaded).toHaveLength(1);
  }
  const again = await json<EnsureResult>(['ensure', ...REQUEST], { cwd });
  expect(again).toMatchObject({ needs_build: false, saved: [], loaded: [{ action: 'skipped' }] });
});

it('prints only the arguments for act with --act', async () => {
  const cwd = await createWorkspace();
  const { stdout, code } = await stowage(['ensure', ...REQUEST, '--act'], { cwd });
  expect(code).toBe(0);
  expect(stdout).toBe(`-P ubuntu-25.04=${NAME}:latest --pull=false\n`);
});

it('exits 6 without an engine that can build, 3 for a missing workflow, 2 without an operating system', async () => {
  const cwd = await createWorkspace();
  const code = async (...args: string[]) =>
    (await stowage(['ensure', ...args, '--engine', 'embedded'], { cwd })).code;
  expect(await code('--os', 'debian-12', '--compiler', 'gcc12')).toBe(6);
  expect(await code('--workflow', 'none.yml')).toBe(3);
  expect(await code('--compiler', 'gcc12')).toBe(2);
});
