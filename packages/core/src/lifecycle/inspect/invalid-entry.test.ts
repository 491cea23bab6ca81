import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BASE, NAME, savePath, workspaceOf } from '../../../testing/workspace.js';
import { plan } from '../jobs/plan.js';
import { load } from '../load/load.js';
import { prune } from '../prune/prune.js';
import { doctor } from './doctor.js';
import { list } from './list.js';

const OTHER = 'app-debian-12-other';

it('an entry that cannot be read is a problem of its own, and protects its archive', async () => {
  const { workspace, call, cwd } = await workspaceOf({
    'apps/app/images/other/image.yaml':
      'project: app\nos: debian-12\nvariant: other\ncopy: [{ from: x, to: / }]\n',
    'apps/app/images/other/x': 'x\n',
  });
  await savePath(workspace, BASE, call);
  await savePath(workspace, 'apps/app/images/other', call);
  const path = join(cwd, 'images/image-registry.yml');
  const broken = `  - name: ${NAME}\n    file:   app/${NAME}.tar\n    pinned: maybe\n`;
  const other = `  - name: ${OTHER}\n    file: app/${OTHER}.tar\n    last_used: null\n`;
  await writeFile(path, `images:\n${broken}${other}`);

  const problem = `${path}:4:13: pinned: expected true or false, got "maybe"`;
  expect(await list(workspace)).toMatchObject([
    { name: OTHER, state: 'ok', lastUsed: null },
    { name: NAME, state: 'invalid', problem },
  ]);
  const { problems } = await doctor(workspace, call);
  expect(problems).toMatchObject([{ kind: 'invalid', name: NAME, detail: problem }]);
  const [job] = (await plan(workspace, { os: 'debian-12' }, call)).jobs;
  expect(job?.plan.reasons).toContain(`${NAME}: its entry in the catalog cannot be read`);
  expect(await load(workspace, [NAME], call)).toMatchObject([{ action: 'loaded' }]);

  // Without its entry this archive would be deleted as an orphan.
  await rm(join(cwd, `images/app/${NAME}.image.json`));
  const removed = async () =>
    (await prune(workspace, { ...call, orphans: true, dryRun: true })).decisions
      .filter(({ action, kind }) => action === 'delete' && kind === 'archive')
      .map(({ name }) => name);
  expect(await removed()).toEqual([]);
  await doctor(workspace, { ...call, fix: true });
  expect(await readFile(path, 'utf8')).toContain(broken);
  expect(await list(workspace)).toContainEqual(expect.objectContaining({ state: 'invalid' }));
  await writeFile(path, `images:\n${other}`);
  expect(await removed()).toEqual([NAME]);
});
