import { mkdir, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BASE, HEAD, NAME, savePath, workspaceOf } from '../../../testing/workspace.js';
import { reportPage } from './report-page.js';
import { summarizeRuns } from './report-runs.js';
import { report } from './report.js';
import { archiveOf } from '../workspace/workspace.js';

const OTHER = 'apps/app/images/other';

it('reports archives, shared layers, problems, the prune plan, and task runs', async () => {
  const { workspace, call, cwd } = await workspaceOf({
    [`${OTHER}/image.yaml`]: `${HEAD.replace('base', 'other')}base: ${NAME}\ncopy: [{ from: files, to: /srv }]\n`,
    [`${OTHER}/files/b`]: 'b'.repeat(5000),
    '.stowage/runs/2026-11-20.jsonl': [
      '{"at":"2026-11-20T10:00:00.000Z","image":"a","target":"image-save","result":"built","took":3000}',
      'half a li',
    ].join('\n'),
    '.stowage/runs/2026-11-21.jsonl':
      '{"at":"2026-11-21T10:00:00.000Z","image":"a","target":"image-save","result":"local-cache","took":20}\n',
  });
  await savePath(workspace, BASE, call);
  await savePath(workspace, OTHER, call);
  await mkdir(join(cwd, 'images/old'), { recursive: true });
  await writeFile(join(cwd, 'images/old/<b>.tar'), 'no archive');
  const found = await report(workspace, call);
  const names = found.archives.map(({ name, layers }) => [name, layers?.length ?? null]);
  expect(names).toEqual([
    ['app-debian-12-base', 1],
    ['app-debian-12-other', 2],
    ['<b>', null],
  ]);
  const [base, other] = found.archives;
  expect(base?.sharedBytes).toBe(base?.layers?.[0]?.size);
  expect(other?.sharedBytes).toBe(base?.sharedBytes);
  expect(found.repeatedBytes).toBe(base?.sharedBytes);
  expect(found.bytes).toBeGreaterThan(10_000);
  expect(found.problems.map(({ kind, name }) => `${kind} ${name}`).sort()).toEqual([
    'orphan <b>',
    'unreadable <b>',
  ]);
  expect(found.prune.decisions).toHaveLength(3);
  expect(found.runs).toMatchObject([
    { image: 'a', target: 'image-save', built: 1, localCache: 1, medianTime: 3000 },
  ]);
  const page = await reportPage(found);
  expect(page).toContain('&lt;b&gt;');
  expect(page).not.toContain('<b>');
  expect(page).not.toMatch(/(?:src|href)="(?!#)/);
});

it('renders a page without archives, and with unreadable or missing ones', async () => {
  const { workspace, call } = await workspaceOf();
  expect(await reportPage(await report(workspace, call))).toContain('No archives yet');
  await savePath(workspace, BASE, call);
  const path = archiveOf(workspace, NAME);
  await truncate(path, 700);
  const damaged = await report(workspace, call);
  expect(damaged.problems.map(({ kind }) => kind).sort()).toEqual(['changed', 'unreadable']);
  await rename(path, `${path}.away`);
  const missing = await report(workspace, call);
  expect(missing.archives).toMatchObject([{ state: 'missing', bytes: 0, layers: null }]);
  expect(await reportPage(missing)).toContain('No archives yet');
});

it('counts the results of task runs, and computes the median build time', () => {
  const run = (at: string, result: 'built' | 'remote-cache' | 'failed', took: number) => ({
    ...{ at, image: 'a', target: 'image-save', result, took },
  });
  const runs = [run('3', 'built', 10), run('1', 'built', 30), run('2', 'built', 20)];
  const others = [run('4', 'remote-cache', 1), run('5', 'failed', 1)];
  expect(summarizeRuns([...runs, ...others])).toEqual([
    {
      ...{ image: 'a', target: 'image-save', built: 3, localCache: 0, remoteCache: 1, failed: 1 },
      ...{ times: [30, 20, 10], medianTime: 20, last: '5' },
    },
  ]);
});
