import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { workspaceOf } from '../../../testing/workspace.js';
import { actArguments, editActrc, writeActrc } from './actrc.js';
import type { EnsureResult } from './ensure.js';

function job(more: Partial<EnsureResult> = {}): EnsureResult {
  return {
    job: 'build',
    name: 'app-debian-12-base',
    os: 'debian-12',
    reference: 'docker.io/library/app:1',
    runner: 'ubuntu-latest',
    container: null,
    loaded: [],
    ...more,
  } as unknown as EnsureResult;
}

describe('the arguments of act', () => {
  it('name the image of each runner, else of its operating system', () => {
    const { arguments: given, notices } = actArguments([
      job(),
      job({ runner: null, reference: 'r.example/b:2' }),
    ]);
    expect(given).toEqual([
      '-P',
      'ubuntu-latest=app:1',
      '-P',
      'debian-12=r.example/b:2',
      '--pull=false',
    ]);
    expect(notices).toEqual([]);
  });

  it('have one image for each runner, with a notice about others', () => {
    const { arguments: given, notices } = actArguments([
      job(),
      job(),
      job({ job: 'test', reference: 'b:2' }),
    ]);
    expect(given).toEqual(['-P', 'ubuntu-latest=app:1', '--pull=false']);
    expect(notices).toEqual([expect.stringContaining('test: act uses one image for each runner')]);
  });

  it('may name one runner for all jobs', () => {
    expect(actArguments([job()], { runner: 'mine' }).arguments).toContain('mine=app:1');
  });

  it('leave out a job in a container, with a notice unless that is its image', () => {
    const inOther = actArguments([job({ container: 'node:22' })]);
    expect(inOther.arguments).toEqual(['--pull=false']);
    expect(inOther.notices).toEqual([expect.stringContaining('write container: app:1')]);
    const loaded = [{ reference: 'docker.io/library/app:1' }] as unknown as EnsureResult['loaded'];
    expect(actArguments([job({ container: 'app:1', loaded })]).notices).toEqual([]);
  });
});

describe('the file .actrc', () => {
  const GIVEN = ['-P', 'ubuntu-latest=app:1', '--pull=false'];

  it.each([
    ['', '-P ubuntu-latest=app:1\n--pull=false\n'],
    ['--verbose\n\n', '--verbose\n-P ubuntu-latest=app:1\n--pull=false\n'],
    ['-P ubuntu-latest=old\n-P other=x\n', '-P other=x\n-P ubuntu-latest=app:1\n--pull=false\n'],
    ['--platform=ubuntu-latest=old\n--pull=true\n', '-P ubuntu-latest=app:1\n--pull=false\n'],
    ['  -P ubuntu-latest=old', '-P ubuntu-latest=app:1\n--pull=false\n'],
  ])('%j becomes %j', (text, expected) => {
    expect(editActrc(text, GIVEN)).toBe(expected);
    expect(editActrc(expected, GIVEN)).toBe(expected);
  });

  it('is written at the root of the workspace', async () => {
    const { workspace, cwd } = await workspaceOf();
    await writeFile(join(cwd, '.actrc'), '--verbose\n');
    const path = await writeActrc(workspace, { arguments: GIVEN, notices: [] });
    expect(path).toBe(join(cwd, '.actrc'));
    expect(await readFile(path, 'utf8')).toBe('--verbose\n-P ubuntu-latest=app:1\n--pull=false\n');
  });
});
