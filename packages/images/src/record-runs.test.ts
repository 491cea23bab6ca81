import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PostTasksExecutionContext } from '@nx/devkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import { postTasksExecution } from './record-runs.js';

function workspaceWith(image: string): string {
  const root = mkdtempSync(join(tmpdir(), 'stowage-runs-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, image), { recursive: true });
  writeFileSync(join(root, image, 'image.yaml'), '');
  return root;
}

const task = (project: string, projectRoot: string, status: string) => ({
  task: {
    id: `${project}:image-save`,
    target: { project, target: 'image-save' },
    projectRoot,
    startTime: Date.parse('2026-11-21T10:00:00Z'),
    endTime: Date.parse('2026-11-21T10:00:03Z'),
  },
  status,
});

const ran = (workspaceRoot: string, ...results: readonly ReturnType<typeof task>[]) =>
  postTasksExecution(undefined, {
    workspaceRoot,
    taskResults: Object.fromEntries(results.map((each) => [each.task.id, each])),
  } as unknown as PostTasksExecutionContext);

it('records the task results of images, only of these, for ninety days', () => {
  const root = workspaceWith('images/a');
  const folder = join(root, '.stowage/runs');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, '2020-01-01.jsonl'), '');
  void ran(root, task('a', 'images/a', 'success'), task('app', 'apps/app', 'success'));
  void ran(root, task('a', 'images/a', 'local-cache-kept-existing'));
  const files = readdirSync(folder);
  expect(files).toEqual([expect.stringMatching(/^\d{4}-\d\d-\d\d\.jsonl$/) as string]);
  const line = { at: '2026-11-21T10:00:00.000Z', image: 'a', target: 'image-save', took: 3000 };
  const lines = readFileSync(join(folder, files[0] ?? ''), 'utf8')
    .trim()
    .split('\n');
  expect(lines.map((each) => JSON.parse(each) as unknown)).toEqual([
    { ...line, result: 'built' },
    { ...line, result: 'local-cache' },
  ]);
});

it('warns when it cannot write, and does not fail the run', () => {
  const root = workspaceWith('images/a');
  writeFileSync(join(root, '.stowage'), 'a file, where a folder should be');
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  void ran(root, task('a', 'images/a', 'success'));
  expect(warn).toHaveBeenCalledWith(expect.stringContaining('.stowage/runs'));
});
