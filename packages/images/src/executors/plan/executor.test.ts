import { expect, it } from 'vitest';
import { NAME, OPTIONS, taskOf } from '../../../testing/task.js';
import save from '../save/executor.js';
import plan from './executor.js';

const JOB = { project: 'app', os: 'debian-12', variant: 'base' };
const documentOf = (line: string | undefined) =>
  JSON.parse((line ?? '').replace(/^info: /, '')) as Record<string, unknown>;

it('the target image-plan prints the archive for a job as JSON', async () => {
  const { context, lines } = await taskOf();
  expect(await plan(JOB, context)).toEqual({ success: true });
  expect(documentOf(lines.at(-1))).toMatchObject({ name: NAME, needs_build: true });
  await save(OPTIONS, context);
  await plan(JOB, context);
  expect(documentOf(lines.at(-1))).toMatchObject({ name: NAME, needs_build: false });
});

it('the target image-plan prints the plans of all jobs of a workflow', async () => {
  const { context, lines } = await taskOf({
    'ci.yml': 'jobs: { a: { runs-on: debian-12 }, b: { runs-on: windows-2025 } }\n',
  });
  await plan({ workflow: 'ci.yml', project: 'app', variant: 'base' }, context);
  expect(documentOf(lines.at(-1))).toMatchObject({
    jobs: [{ name: NAME }],
    skipped: [{ job: 'b' }],
  });
});

it('the target image-plan fails without requirements', async () => {
  const { context } = await taskOf();
  expect(await plan({}, context)).toEqual({ success: false });
});
