import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Diagnosis, Inspection, ListEntry, LoadResult, SaveResult } from '@stowage/core';
import { expect, it } from 'vitest';
import { ARCHIVE, createWorkspace, DEFINITION, NAME, put } from './fixture.js';
import { json, stowage, temporaryFolder, type Ran } from './run.js';

const KILL_AT = join(import.meta.dirname, 'kill-at.mjs');
/** More changes of the disk than any command here makes. */
const STEPS = 200;

it('leaves the old archive or the new one, whenever a save is killed, and the next save heals', async () => {
  const old = await createWorkspace({ [`${DEFINITION}/files/big`]: 'a'.repeat(700_000) });
  const before = await save(old);
  const next = await copyOf(old);
  await put(next, `${DEFINITION}/files/big`, 'b'.repeat(700_000));
  const killed = await copyOf(next);
  const { digest: after } = await save(next);

  const seen = new Set<string>();
  const steps = await killAtEveryStep(['build', DEFINITION, '--save'], killed, async (cwd) => {
    const inspected = await json<Inspection>(['inspect', ARCHIVE], { cwd });
    seen.add(inspected.images[0]?.digest ?? '');
    const loaded = await json<{ results: LoadResult[] }>(['load', NAME, '--engine', 'embedded'], { cwd });
    expect(loaded.results, JSON.stringify(loaded)).toHaveLength(1);
    expect((await save(cwd)).digest).toBe(after);
    expect((await json<Diagnosis>(['doctor'], { cwd })).problems).toEqual([]);
    expect((await json<{ entries: ListEntry[] }>(['ls'], { cwd })).entries).toMatchObject([{ name: NAME, digest: after, state: 'ok' }]);
  });
  expect(steps).toBeGreaterThan(10);
  expect([...seen].sort()).toEqual([before.digest, after].sort());
});

it('never shows a name without its whole image, whenever a load is killed, and the next load heals', async () => {
  const workspace = await createWorkspace();
  const { digest } = await save(workspace);
  const outcomes = new Set<string>();
  const steps = await killAtEveryStep(['load', NAME, '--engine', 'embedded'], workspace, async (cwd) => {
    const inspected = await json<Inspection & { error?: { code: string } }>(['inspect', `store:${NAME}`], { cwd });
    outcomes.add(inspected.error?.code ?? inspected.images[0]?.digest ?? '');
    if (!inspected.error) expect(inspected.images[0]?.platforms).toMatchObject([{ present: true }]);
    const { results } = await json<{ results: LoadResult[] }>(['load', NAME, '--engine', 'embedded'], { cwd });
    expect(results).toMatchObject([{ digest }]);
  });
  expect(steps).toBeGreaterThan(10);
  expect([...outcomes].sort()).toEqual(['NOT_FOUND', digest]);
});

it('takes the lock of a process that died', async () => {
  const cwd = await createWorkspace();
  const kill = { STOWAGE_TEST_KILL_AT: '3', NODE_OPTIONS: `--import=${KILL_AT}` };
  const { code } = await stowage(['build', DEFINITION, '--save'], { cwd, env: kill });
  expect(code).toBeNull();
  expect(await readdir(join(cwd, '.stowage/locks'))).toEqual([NAME]);
  expect((await save(cwd)).action).toBe('saved');
});

it('loses no entry when 16 processes save different images at once', async () => {
  const names = Array.from({ length: 16 }, (_, n) => `v${n}`);
  const files = names.map((variant) => [`apps/app/images/ubuntu-25.04-${variant}/image.yaml`, `project: app\nos: ubuntu-25.04\nvariant: ${variant}\nlabels: { v: ${variant} }\ncopy: [{ from: image.txt, to: / }]\n`]);
  const contents = names.map((variant) => [`apps/app/images/ubuntu-25.04-${variant}/image.txt`, variant]);
  const cwd = await createWorkspace(Object.fromEntries([...files, ...contents]) as Record<string, string>);
  const all = await Promise.all(names.map((variant) => stowage(['build', `apps/app/images/ubuntu-25.04-${variant}`, '--save'], { cwd })));
  expect(all.filter(({ code }) => code !== 0)).toEqual([]);
  await rm(join(cwd, '.stowage/catalog.json'), { force: true });
  const { entries } = await json<{ entries: ListEntry[] }>(['ls'], { cwd });
  expect(entries.map(({ name, state, created }) => [name, state, created !== null])).toHaveLength(16);
  expect(new Set(entries.map(({ state, created }) => `${state} ${created !== null}`))).toEqual(new Set(['ok true']));
});

/** Runs a command again and again on fresh copies, killed one step later each time, until it ends by itself. */
async function killAtEveryStep(args: readonly string[], workspace: string, check: (cwd: string) => Promise<void>): Promise<number> {
  for (let step = 1; step < STEPS; step++) {
    const cwd = await copyOf(workspace);
    const ran: Ran = await stowage(args, { cwd, env: { STOWAGE_TEST_KILL_AT: String(step), NODE_OPTIONS: `--import=${KILL_AT}` } });
    // What a dead process locked is free after some seconds; here we do not wait for them.
    await rm(join(cwd, '.stowage/locks'), { recursive: true, force: true });
    if (ran.code !== null) {
      expect(ran.code).toBe(0);
      return step - 1;
    }
    await check(cwd);
    await rm(cwd, { recursive: true });
  }
  throw new Error(`still killed at step ${STEPS}`);
}

async function copyOf(workspace: string): Promise<string> {
  const folder = await temporaryFolder();
  await cp(workspace, folder, { recursive: true });
  return folder;
}

async function save(cwd: string): Promise<SaveResult> {
  const { results } = await json<{ results: SaveResult[] }>(['build', DEFINITION, '--save'], { cwd });
  if (!results?.[0]) throw new Error('nothing was saved');
  return results[0];
}
