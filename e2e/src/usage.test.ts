import type { ListEntry } from '@stowage/core';
import { expect, it } from 'vitest';
import { createWorkspace, DEFINITION, NAME } from './fixture.js';
import { json, stowage } from './run.js';

const PROCESSES = 32;

async function count(cwd: string): Promise<number | undefined> {
  const { entries } = await json<{ entries: ListEntry[] }>(['ls'], { cwd });
  return entries[0]?.usageCount;
}

it('counts every use of 32 processes, while others fold the journal into the catalog', async () => {
  const cwd = await createWorkspace();
  const save = () => stowage(['build', DEFINITION, '--save', '--force'], { cwd });
  expect((await save()).code).toBe(0);
  const load = () => stowage(['load', NAME, '--engine', 'embedded'], { cwd });
  expect((await load()).code).toBe(0);
  const all = [...Array.from({ length: PROCESSES }, load), save(), save()];
  for (const { code, stderr } of await Promise.all(all)) expect(code, stderr).toBe(0);
  expect(await count(cwd)).toBe(PROCESSES + 1);
  // Folding again changes nothing, and neither does deleting the derived files.
  await save();
  expect(await count(cwd)).toBe(PROCESSES + 1);
});
