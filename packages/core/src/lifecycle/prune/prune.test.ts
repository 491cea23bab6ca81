import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BASE, NAME, savePath, workspaceOf } from '../../../testing/workspace.js';
import { list } from '../inspect/list.js';
import { load } from '../load/load.js';
import { openWorkspace } from '../workspace/workspace.js';
import { prune, type PruneOptions } from './prune.js';

const DAY = 86_400_000;
const OLD = 'images/app/old.tar';

/** A saved image, and an older archive of the same name. Time is in June 2026. */
async function start(settings = '') {
  const made = await workspaceOf({ 'stowage.yaml': settings });
  const { cwd, call } = made;
  await savePath(made.workspace, BASE, call);
  await writeFile(join(cwd, OLD), 'x'.repeat(1000));
  const entry = (file: string, created: string) =>
    `  - { name: ${NAME}, file: ${file}, created: ${created} }\n`;
  await writeFile(
    join(cwd, 'images/image-registry.yml'),
    `# kept\nimages:\n${entry('app/old.tar', '2020-01-01')}${entry(`app/${NAME}.tar`, '2026-01-01')}`,
  );
  const at = (now: number) => openWorkspace(cwd, { surroundings: { now: () => now } });
  const workspace = await at(Date.parse('2026-06-01'));
  const run = (options: Partial<PruneOptions> = {}) => prune(workspace, { ...call, ...options });
  const actions = async (options: Partial<PruneOptions> = {}) =>
    (await run(options)).decisions.map(({ path, action }) => `${action} ${path}`).sort();
  const archives = async () =>
    (await readdir(join(cwd, 'images/app'))).filter((name) => name.endsWith('.tar'));
  return { ...made, workspace, at, run, actions, archives };
}

const RULES = { keepNewest: { name: 1 }, minAge: '1d' };

describe('a prune', () => {
  it('deletes what a dry run says, with records and entries, and nothing else', async () => {
    const { cwd, run, archives, workspace } = await start();
    const plan = await run({ ...RULES, dryRun: true });
    const { blocks } = await stat(join(cwd, OLD));
    expect(plan).toMatchObject({ freedBytes: blocks * 512, shortfallBytes: 0 });
    expect(plan.decisions.map(({ path, action }) => `${action} ${path}`)).toEqual([
      `keep app/${NAME}.tar`,
      'delete app/old.tar',
    ]);
    expect(await archives()).toContain('old.tar');
    expect(await run(RULES)).toEqual(plan);
    expect(await archives()).toEqual([`${NAME}.tar`]);
    expect(await readFile(join(cwd, 'images/image-registry.yml'), 'utf8')).toMatch(/^# kept\n/);
    expect(await list(workspace)).toHaveLength(1);
  });

  it('never deletes the newest archive of a name', async () => {
    const { run, at, call } = await start();
    await run(RULES);
    const later = await at(Date.parse('2026-06-01') + 400 * DAY);
    expect((await prune(later, { ...call, ...RULES })).freedBytes).toBe(0);
  });

  it('follows the rules of the settings, which options replace', async () => {
    const { actions } = await start('prune: { keep_newest: 1, min_age: 1d }\n');
    expect(await actions({ dryRun: true })).toContain('delete app/old.tar');
    expect(await actions({ dryRun: true, keepNewest: { name: 2 } })).not.toContain(
      'delete app/old.tar',
    );
  });

  it.each<[string, Partial<PruneOptions>]>([
    ['keeps names that match a pattern', { keep: ['app-*'] }],
    ['looks at one name', { name: 'other-debian-12-base' }],
    ['looks at one project', { project: 'other' }],
    ['looks at the registry alone', { onlyRegistry: true }],
  ])('%s', async (_, options) => {
    const { actions, archives } = await start();
    expect(await actions({ ...RULES, ...options })).not.toContain('delete app/old.tar');
    expect(await archives()).toContain('old.tar');
  });

  it('reports how much is missing to a bound that it may not meet', async () => {
    const { run } = await start();
    const { shortfallBytes, shortfalls } = await run({ ...RULES, maxUsed: '1B' });
    expect(shortfallBytes).toBeGreaterThan(0);
    expect(shortfalls).toHaveLength(1);
  });

  it('includes the images of the store', async () => {
    const { workspace, call, actions } = await start();
    await load(workspace, [`images/app/${NAME}.tar`], call);
    expect(await actions({ ...RULES, dryRun: true })).toContainEqual(
      expect.stringContaining(`store:docker.io/library/${NAME}`),
    );
  });
});

describe('an engine that does not answer', () => {
  const unavailable = (cwd: string) =>
    ({ engine: 'docker', host: `unix://${cwd}/none.sock` }) as const;

  it('is a notice', async () => {
    const { cwd, actions, events } = await start();
    expect(await actions({ ...RULES, ...unavailable(cwd) })).toContain('delete app/old.tar');
    const text = 'no engine is available, so images used by containers are not known';
    expect(events).toContainEqual({ type: 'notice', text });
  });

  it('is an error if its copies are to be deleted', async () => {
    const { cwd, run, archives } = await start();
    await expect(run({ ...RULES, ...unavailable(cwd), copies: true })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    expect(await archives()).toContain('old.tar');
  });
});

it.each([{ unusedFor: 'long' }, { maxUsed: 'much' }, { minAge: '-1d' }])(
  'a wrong rule is USAGE: %j',
  async (rule) => {
    const { run } = await start();
    await expect(run(rule)).rejects.toMatchObject({ code: 'USAGE' });
  },
);
