import { readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BASE, NAME, savePath, workspaceOf } from '../../testing/workspace.js';
import { lockPath } from '../catalog/file.js';
import { withLock } from '../disk/lock.js';
import { EmbeddedEngine } from '../engine/embedded.js';
import type { PruneDecision } from '../policy/prune-model.js';
import { applyPrune, keyOf } from './prune/apply-prune.js';
import { doctor } from './inspect/doctor.js';
import { list } from './inspect/list.js';
import { plan } from './jobs/plan.js';
import type { Prunable } from './prune/prunable.js';
import { prune } from './prune/prune.js';
import { readDefinition, refuseNamesakes } from './workspace/definitions.js';
import { archiveOf, openWorkspace } from './workspace/workspace.js';

const DAY = 86_400_000;

describe('the workspace', () => {
  it('has no problems after a save, and reports stray, moved and damaged files', async () => {
    const { workspace, call, cwd } = await workspaceOf();
    await savePath(workspace, BASE, call);
    expect((await doctor(workspace, call)).problems).toEqual([]);
    await writeFile(join(cwd, 'images/app/stray.image.json'), '{}');
    await writeFile(join(cwd, 'images/app/Old Name.tar'), 'x');
    await rename(archiveOf(workspace, NAME), join(cwd, 'images/app/moved.tar'));
    const kinds = (await doctor(workspace, call)).problems.map(
      ({ kind, name }) => `${kind} ${name}`,
    );
    expect(kinds.sort()).toEqual([
      'damaged-record stray',
      'missing app-debian-12-base',
      'orphan Old Name',
      'orphan moved',
      `stray-record ${NAME}`,
    ]);
  });

  it('reports definitions of one name in doctor and plan, and refuses them', async () => {
    const text =
      'project: app\nos: debian-12\nvariant: twice\nbase: scratch\ncopy: [{ from: x, to: /x }]\n';
    const { workspace, call, cwd, events } = await workspaceOf({
      'apps/a/images/one/image.yaml': text,
      'apps/a/images/one/x': '1',
      'apps/b/images/two/image.yaml': text,
    });
    const [one, two] = ['apps/a/images/one', 'apps/b/images/two'].map((each) =>
      join(cwd, each, 'image.yaml'),
    );
    expect((await doctor(workspace, call)).problems).toMatchObject([
      {
        kind: 'same-name',
        name: 'app-debian-12-twice',
        path: one,
        detail: `has the same name as ${two}`,
      },
    ]);
    const options = { ...call, dryRun: true };
    const notice = `app-debian-12-twice: expected one definition, got 2, whose images replace each other: ${one}, ${two}`;
    await plan(workspace, { os: 'debian-12', project: 'app' }, options);
    const notices = events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
    expect(notices).toEqual([notice]);
    const found = await readDefinition(workspace, 'apps/b/images/two', call);
    await expect(refuseNamesakes(workspace, [found])).rejects.toMatchObject({
      code: 'NAMING',
      message: expect.stringContaining(one ?? '') as string,
    });
  });

  it('lists pins of the settings and of the catalog', async () => {
    const { workspace, call, cwd } = await workspaceOf({ 'stowage.yaml': 'pins: ["app-*"]\n' });
    await savePath(workspace, BASE, call);
    expect(await list(workspace)).toMatchObject([
      { name: NAME, pinned: true, project: 'app', os: 'debian-12', variant: 'base' },
    ]);
    await writeFile(join(cwd, 'stowage.yaml'), '');
    expect(await list(await openWorkspace(cwd))).toMatchObject([{ pinned: false }]);
  });

  it('prunes older archives of a name as planned, with their records and catalog entries', async () => {
    const { workspace, call, cwd } = await workspaceOf();
    await savePath(workspace, BASE, call);
    await writeFile(join(cwd, 'images/app/old.tar'), 'x'.repeat(1000));
    const entry = (file: string, created: string) =>
      `  - { name: ${NAME}, file: ${file}, created: ${created} }\n`;
    await writeFile(
      join(cwd, 'images/image-registry.yml'),
      `# kept\nimages:\n${entry('app/old.tar', '2020-01-01')}${entry(`app/${NAME}.tar`, '2026-01-01')}`,
    );
    const options = { ...call, keepNewest: { name: 1 }, minAge: '1d' };
    const at = (now: number) => openWorkspace(cwd, { surroundings: { now: () => now } });
    const then = await at(Date.parse('2026-06-01'));
    const plan = await prune(then, { ...options, dryRun: true });
    const { blocks } = await stat(join(cwd, 'images/app/old.tar'));
    expect(plan).toMatchObject({ freedBytes: blocks * 512, shortfallBytes: 0 });
    expect(plan.decisions.map(({ path, action }) => `${action} ${path}`)).toEqual([
      `keep app/${NAME}.tar`,
      'delete app/old.tar',
    ]);
    expect(await readdir(join(cwd, 'images/app'))).toContain('old.tar');
    expect(await prune(then, options)).toEqual(plan);
    expect(await readdir(join(cwd, 'images/app'))).not.toContain('old.tar');
    expect(await readFile(join(cwd, 'images/image-registry.yml'), 'utf8')).toMatch(/^# kept\n/);
    expect(await list(workspace)).toHaveLength(1);
    expect((await prune(await at(Date.now() + 400 * DAY), options)).freedBytes).toBe(0);
  });

  it('keeps an item that changed since the plan was made, or whose lock another process holds', async () => {
    const { workspace, cwd } = await workspaceOf({ 'images/app/old.tar': 'x' });
    const path = join(cwd, 'images/app/old.tar');
    const item: Prunable = {
      ...{ name: 'old', path: 'app/old.tar', kind: 'archive', contents: [], volume: '' },
      ...{ pinned: false, inUse: false, targets: [path], fingerprint: 'then' },
    };
    const decision: PruneDecision = {
      ...{ name: 'old', path: 'app/old.tar', kind: 'archive', action: 'delete' },
      ...{ rule: 'unused-for', reason: '', bytes: 1 },
    };
    const apply = (seen: readonly Prunable[]) =>
      applyPrune(workspace, [[decision, item]], {
        store: new EmbeddedEngine(cwd, workspace.surroundings),
        copies: undefined,
        registryRoot: join(cwd, 'registry'),
        replan: async () => new Map(seen.map((each) => [keyOf(each), each])),
      });
    const kept = { action: 'keep', rule: 'changed' };
    expect(await apply([])).toMatchObject([kept]);
    expect(await apply([{ ...item, fingerprint: 'now' }])).toMatchObject([kept]);
    const lock = lockPath(workspace.place, 'old');
    expect(await withLock(lock, () => apply([item]))).toMatchObject([kept]);
    expect(await readdir(join(cwd, 'images/app'))).toEqual(['old.tar']);
    expect(await apply([item])).toEqual([decision]);
    expect(await readdir(join(cwd, 'images/app'))).toEqual([]);
  });
});
