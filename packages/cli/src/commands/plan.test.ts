import { describe, expect, it } from 'vitest';
import { ARCHIVE, commandLine, NAME, savedLine } from '../../testing/stowage.js';

const JOB = 'plan --project app --os debian-12 --variant base';

describe('stowage plan', () => {
  it('says which archive fits, or that one has to be built, and why', async () => {
    const { said } = await commandLine();
    expect(await said(JOB)).toMatch(
      new RegExp(`^${NAME} {2}has to be built; base: none \\(score .*\\)\n {2}\\S`),
    );
    const saved = await savedLine();
    expect(await saved.said(JOB)).toMatch(
      new RegExp(`^${NAME} {2}is ${ARCHIVE} \\(score 100 \\+ \\d+\\)\n {2}${NAME}: it fits\n`),
    );
    expect(await saved.json(JOB)).toMatchObject({ name: NAME, needs_build: false });
  });

  it('names the jobs of a workflow, and those that it skips', async () => {
    const { said, json } = await commandLine({
      'ci.yml': 'jobs: { a: { runs-on: debian-12 }, b: { runs-on: windows-2025 } }\n',
    });
    const line = 'plan --project app --workflow ci.yml';
    expect(await said(line)).toMatch(/^a: app-debian-12-\S+ {2}[^]*^b: skipped; /m);
    expect(await json(line)).toMatchObject({ jobs: [{ job: 'a' }], skipped: [{ job: 'b' }] });
  });

  it('exits 2 without a system', async () => {
    expect((await (await commandLine()).stowage('plan')).code).toBe(2);
  });
});
