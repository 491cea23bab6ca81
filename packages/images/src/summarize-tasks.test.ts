import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { folderOf, logged, NAME, OPTIONS, taskOf } from '../testing/task.js';
import pruneImage from './executors/prune/executor.js';
import save from './executors/save/executor.js';
import { summarizeTasks } from './summarize-tasks.js';

const run = (target: string, result: 'built' | 'local-cache' | 'failed') => ({
  run: { at: '', image: 'app', target, result, took: 1500 },
  outputs: ['images/app/app.tar', 'images/app/app.image.json'],
});

it('has the tasks of a run, also those that Nx took from its cache, with the size of archives', async () => {
  const root = await folderOf({});
  const path = join(root, 'summary.md');
  vi.stubEnv('GITHUB_STEP_SUMMARY', path);
  await summarizeTasks(root, [run('image-save', 'failed')]);
  mkdirSync(join(root, 'images/app'), { recursive: true });
  writeFileSync(join(root, 'images/app/app.tar'), 'x'.repeat(2048));
  await summarizeTasks(root, [run('image-save', 'local-cache')]);
  expect(readFileSync(path, 'utf8').split('\n')).toEqual([
    ...['### Image tasks', '', '| Image | Target | Result | Archive | Time |'],
    '| --- | --- | --- | --- | --- |',
    '| app | image-save | failed |  | 1.5 s |',
    '| app | image-save | from the local cache | 2 KB | 1.5 s |',
    '',
  ]);
});

it('has what a prune deleted', async () => {
  const { root, context } = await taskOf();
  const path = join(root, 'summary.md');
  vi.stubEnv('GITHUB_STEP_SUMMARY', path);
  await save(OPTIONS, context);
  writeFileSync(join(root, 'images/app/old.tar'), 'x'.repeat(1000));
  const entry = (file: string, created: string) =>
    `  - { name: ${NAME}, file: ${file}, created: ${created} }\n`;
  writeFileSync(
    join(root, 'images/image-registry.yml'),
    `images:\n${entry('app/old.tar', '2020-01-01')}${entry(`app/${NAME}.tar`, '2021-01-01')}`,
  );
  const options = { ...OPTIONS, keepNewest: 1, minAge: '1d' };
  expect(await pruneImage({ ...options, dryRun: true }, context)).toEqual({ success: true });
  expect(existsSync(path)).toBe(false);
  expect(await pruneImage(options, context)).toEqual({ success: true });
  expect(readFileSync(path, 'utf8')).toMatch(
    /^### Pruned images\n\n\| Path \| Size \| Why \|\n.*\n\| app\/old.tar \| 4 KB \| .*\n$/,
  );
});

it('a definition that is refused is annotated at its line in a job of GitHub', async () => {
  const { root, context } = await taskOf({ [OPTIONS.definition]: 'project: app\nvarian: x\n' });
  const lines = logged();
  vi.stubEnv('GITHUB_ACTIONS', 'true');
  vi.stubEnv('GITHUB_WORKSPACE', root);
  expect(await save(OPTIONS, context)).toEqual({ success: false });
  expect(lines.join('\n')).toContain(`::error file=${OPTIONS.definition},line=2,col=1::`);
});
