import { describe, expect, it } from 'vitest';
import { jobsFrom, type Scope } from './read-job.js';
import { workflowFiles } from './workflow-file.js';

const scope = (more: Partial<Scope> = {}): Scope => ({
  prefix: '',
  callers: ['main.yml'],
  contexts: {},
  notFollowed: new Set(),
  budget: { left: 100 },
  runners: { 'ubuntu-latest': 'ubuntu-24.04' },
  ...more,
});
const RUNS = { 'runs-on': 'ubuntu-latest' };
const read = (job: unknown, more?: Partial<Scope>) =>
  jobsFrom('build', job, scope(more)).map((each) =>
    'reason' in each ? `${each.job}: ${each.reason}` : each.job,
  );

describe('a job', () => {
  it('is one result without a matrix, and one for each of its combinations', () => {
    expect(read(RUNS)).toEqual(['build']);
    expect(read({ ...RUNS, strategy: { matrix: { cc: ['gcc-13', 'gcc-14'], x: ['1'] } } })).toEqual(
      ['build (gcc-13, 1)', 'build (gcc-14, 1)'],
    );
  });

  it('has the requirements of its matrix, its actions and its place', () => {
    const job = {
      ...RUNS,
      container: { image: '${{ matrix.image }}' },
      strategy: { matrix: { image: ['debian:12'], compiler: ['gcc-14'] } },
      steps: [{ uses: './setup', with: { packages: 'git', compiler: 'gcc-1' } }],
    };
    const readFile = (path: string) =>
      path === 'setup/action.yml'
        ? JSON.stringify({ inputs: {}, runs: { using: 'composite', steps: [] } })
        : undefined;
    expect(jobsFrom('build', job, scope({ files: workflowFiles(readFile) }))).toMatchObject([
      {
        runner: 'ubuntu-latest',
        container: 'debian:12',
        requirements: { os: 'debian-12', compiler: 'gcc-14', packages: ['git'] },
      },
    ]);
  });

  it.each([
    ['text', 'build: it is not written as a job'],
    [{ ...RUNS, strategy: '${{ x }}' }, 'build: its matrix is not known before it runs'],
    [{ ...RUNS, strategy: { matrix: { a: '${{ x }}' } } }, 'build: its matrix.a is not known'],
    [{ ...RUNS, strategy: { matrix: { include: '${{ x }}' } } }, 'its matrix.include is not known'],
    [
      { ...RUNS, strategy: { matrix: { a: ['1'], exclude: ['x'] } } },
      'its matrix.exclude is not known',
    ],
    [{ ...RUNS, strategy: { matrix: { a: [] } } }, 'build: its matrix has no combination'],
    [{}, 'build: it has no runs-on'],
    [{ uses: 'a/b/.github/workflows/x.yml@v1' }, 'which is not a file of this repository'],
    [{ uses: './x.yml' }, 'build: it calls another workflow, x.yml'],
  ])('%j is skipped', (job, reason) => {
    expect(read(job).join()).toContain(reason);
  });

  it('keeps the combinations that are known beside those that are not', () => {
    const job = { ...RUNS, strategy: { matrix: { include: [{ a: '1' }, '${{ x }}'] } } };
    expect(read(job)).toEqual([
      'build (1)',
      'build: number 2 of its matrix.include is not known before it runs',
    ]);
  });

  it('is skipped when it has more combinations than may still be read', () => {
    const budget = { left: 3 };
    const job = { ...RUNS, strategy: { matrix: { a: ['1', '2'] } } };
    expect(read(job, { budget })).toHaveLength(2);
    expect(read(job, { budget })).toEqual(['build: the workflow has too many jobs before it']);
  });
});

describe('a job that calls a workflow', () => {
  const called = (jobs: object, on: object = {}) =>
    JSON.stringify({ on: { workflow_call: on }, jobs });
  const call = { uses: './x.yml' };
  const withFile = (text: string | undefined, more: Partial<Scope> = {}) =>
    read(call, { files: workflowFiles(() => text), ...more });

  it('has the jobs of it, with its inputs, and not the matrix of the caller', () => {
    const text = called(
      { test: { 'runs-on': '${{ inputs.os }}', strategy: { matrix: { a: ['1'] } } } },
      { inputs: { os: { default: 'ubuntu-22.04' } } },
    );
    expect(withFile(text)).toEqual(['build / test (1)']);
    const given = { ...call, with: { os: 'gpu' } };
    expect(read(given, { files: workflowFiles(() => text) })).toEqual([
      expect.stringContaining('it runs on gpu'),
    ]);
  });

  it.each([
    ['does not exist', undefined, 'which does not exist'],
    ['is no workflow', '[]', 'not a workflow with jobs'],
    ['has no jobs', called({}), 'which has no jobs'],
  ])('is skipped when that %s', (_what, text, reason) => {
    expect(withFile(text).join()).toContain(reason);
  });

  it('is skipped when that calls itself, is too deep, or has too many jobs', () => {
    const text = called({ again: call });
    expect(withFile(text)).toEqual(['build / again: it calls x.yml, which calls itself']);
    const callers = Array.from({ length: 10 }, (_, at) => `${at}.yml`);
    expect(withFile(text, { callers }).join()).toContain('more than 10 workflows deep');
    const many = called(
      Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`j${at}`, RUNS])),
    );
    expect(withFile(many).join()).toContain('too many jobs');
  });
});
