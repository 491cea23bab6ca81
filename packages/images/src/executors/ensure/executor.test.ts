import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NAME, taskOf } from '../../../testing/task.js';
import ensure from './executor.js';

const JOB = { project: 'app', os: 'debian-12', variant: 'base', engine: 'embedded' } as const;
const WORKFLOW = {
  'ci.yml': 'jobs: { a: { runs-on: debian-12 }, b: { runs-on: windows-2025 } }\n',
};

describe('the target image-ensure', () => {
  it('builds and loads what a job needs, and only loads it the next time', async () => {
    const { context, lines } = await taskOf();
    expect(await ensure(JOB, context)).toEqual({ success: true });
    expect(lines.at(-1)).toBe(`info: built and loaded ${NAME}:latest`);
    await ensure(JOB, context);
    expect(lines.at(-1)).toBe(`info: loaded ${NAME}:latest`);
  });

  it('names jobs of a workflow, and warns of those that it skips', async () => {
    const { context, lines } = await taskOf(WORKFLOW);
    const { os: _, ...job } = JOB;
    await ensure({ ...job, workflow: 'ci.yml' }, context);
    expect(lines).toContain(`info: a: built and loaded ${NAME}:latest`);
    expect(lines.at(-1)).toMatch(/^warn: b: skipped; /);
  });

  it('prints arguments for act, or writes them', async () => {
    const { context, lines, root } = await taskOf(WORKFLOW);
    const { os: _, ...job } = JOB;
    await ensure({ ...job, workflow: 'ci.yml', job: 'a', act: true, actrc: true }, context);
    expect(lines).toContain(`info: -P debian-12=${NAME}:latest --pull=false`);
    expect(lines.at(-1)).toMatch(/^info: wrote .*\.actrc$/);
    expect(await readFile(join(root, '.actrc'), 'utf8')).toContain(`${NAME}:latest`);
  });
});
