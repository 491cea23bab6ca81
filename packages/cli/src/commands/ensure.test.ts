import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandLine, NAME } from '../../testing/stowage.js';

const WORKFLOW = {
  'ci.yml': 'jobs: { a: { runs-on: debian-12 }, b: { runs-on: windows-2025 } }\n',
};
const JOB = '--project app --variant base';

describe('stowage ensure', () => {
  it('builds what is missing, and loads it', async () => {
    const { said } = await commandLine();
    const line = `ensure ${JOB} --os debian-12`;
    expect(await said(`${line} --dry-run`)).toMatch(/would be built, saved and loaded\n$/);
    expect(await said(line)).toBe(
      `${NAME}  ${NAME}:latest  loaded, after building ${NAME}:latest\n`,
    );
    expect(await said(line)).toBe(`${NAME}  ${NAME}:latest  already there\n`);
  });

  it('names the jobs of a workflow, and those that it skips', async () => {
    const { said, json } = await commandLine(WORKFLOW);
    const text = await said(`ensure ${JOB} --workflow ci.yml`);
    expect(text).toMatch(new RegExp(`^a: ${NAME} .*\nb: skipped; `));
    expect(await json(`ensure ${JOB} --workflow ci.yml`)).toMatchObject({
      jobs: [{ name: NAME, act: ['-P', `debian-12=${NAME}:latest`, '--pull=false'] }],
      skipped: [{ job: 'b' }],
    });
  });

  it('prints arguments for act, or writes them', async () => {
    const { said, cwd } = await commandLine(WORKFLOW);
    const line = `ensure ${JOB} --workflow ci.yml`;
    const args = await said(`${line} --act`);
    expect(args).toBe(`-P debian-12=${NAME}:latest --pull=false\n`);
    expect(await said(`${line} --act --runner ubuntu-latest`)).toContain('-P ubuntu-latest=');
    expect(await said(`${line} --actrc`)).toMatch(/wrote \.actrc\n$/);
    expect(await readFile(join(cwd, '.actrc'), 'utf8')).toContain(NAME);
  });

  it('exits 2 without a system', async () => {
    const { stowage } = await commandLine();
    expect((await stowage('ensure')).code).toBe(2);
  });
});
