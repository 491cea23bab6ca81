import { expect, it } from 'vitest';
import type { TaskRun } from '../../definition/runs.js';
import { summarizeRuns } from './report-runs.js';

const run = (at: string, more: Partial<TaskRun> = {}): TaskRun => ({
  at,
  image: 'app',
  target: 'image-save',
  result: 'built',
  took: 10,
  ...more,
});

it('runs are counted by image and target, and timed where they built', () => {
  const runs = [
    run('2026-01-03', { took: 30 }),
    run('2026-01-01', { took: 10 }),
    run('2026-01-02', { took: 20 }),
    run('2026-01-04', { result: 'local-cache', took: 1 }),
    run('2026-01-05', { result: 'remote-cache' }),
    run('2026-01-06', { result: 'failed' }),
    run('2026-01-01', { target: 'image-load', result: 'skipped' }),
    run('2026-01-01', { image: 'a' }),
  ];
  const summaries = summarizeRuns(runs);
  expect(summaries.map(({ image, target }) => `${image} ${target}`)).toEqual([
    'a image-save',
    'app image-load',
    'app image-save',
  ]);
  expect(summaries[2]).toEqual({
    image: 'app',
    target: 'image-save',
    built: 3,
    localCache: 1,
    remoteCache: 1,
    failed: 1,
    times: [10, 20, 30],
    medianTime: 20,
    last: '2026-01-06',
  });
  expect(summaries[1]).toMatchObject({ built: 0, times: [], medianTime: null });
  expect(summarizeRuns([])).toEqual([]);
});
