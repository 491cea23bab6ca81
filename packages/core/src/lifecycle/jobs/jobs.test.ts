import { describe, expect, it } from 'vitest';
import { workspaceOf } from '../../../testing/workspace.js';
import { jobRequestOf, readJobs, type JobRequest } from './jobs.js';

async function start(files: Readonly<Record<string, string>> = {}) {
  const { workspace, call, events } = await workspaceOf(files);
  const read = (request: JobRequest) => readJobs(workspace, request, call);
  const notices = () => events.flatMap((each) => (each.type === 'notice' ? [each.text] : []));
  return { read, notices };
}

const GCC = { family: 'gcc', version: '12' };
const WORKFLOW = {
  'ci.yml': `jobs:
  build: { runs-on: debian-12 }
  windows: { runs-on: windows-2025 }
  foreign: { runs-on: debian-12, steps: [{ uses: someone/setup@v1 }] }
`,
};

describe('a request without a workflow', () => {
  it('is one job', async () => {
    const { read } = await start();
    const { jobs, skipped } = await read({ os: 'debian-12', compiler: 'gcc12' });
    expect(skipped).toEqual([]);
    expect(jobs).toMatchObject([
      { runner: null, container: null, requirements: { os: 'debian-12', compiler: GCC } },
    ]);
    expect(jobs[0]?.job).toBeUndefined();
  });

  it('has values of its own before those of a file, and lists of both', async () => {
    const { read } = await start({
      'needs.yaml': 'os: debian-11\ncompiler: gcc12\npackages: [a]\n',
    });
    const { jobs } = await read({ requirements: 'needs.yaml', os: 'debian-12', packages: ['b'] });
    expect(jobs[0]?.requirements).toMatchObject({
      ...{ os: 'debian-12', compiler: GCC, packages: ['a', 'b'] },
    });
  });

  it('has this folder as its project and this machine as its platform', async () => {
    const { read } = await start();
    const { jobs } = await read({ os: 'debian-12' });
    expect(jobs[0]?.requirements.project).toMatch(/^stowage-test/);
    expect(jobs[0]?.requirements.architecture).not.toBe('');
  });
});

describe('a request for a workflow', () => {
  it('is a job for each of its jobs that can run in a container; others are skipped', async () => {
    const { read } = await start(WORKFLOW);
    const { jobs, skipped } = await read({ workflow: 'ci.yml' });
    expect(jobs.map(({ job, runner }) => [job, runner])).toEqual([
      ['build', 'debian-12'],
      ['foreign', 'debian-12'],
    ]);
    expect(skipped).toMatchObject([{ job: 'windows' }]);
  });

  it('is one job if it names one', async () => {
    const { read } = await start(WORKFLOW);
    expect((await read({ workflow: 'ci.yml', job: 'build' })).jobs).toHaveLength(1);
  });

  it('tells of actions that are not read', async () => {
    const { read, notices } = await start(WORKFLOW);
    await read({ workflow: 'ci.yml' });
    expect(notices()).toEqual([expect.stringContaining('someone/setup')]);
  });
});

it.each<[string, JobRequest, string]>([
  ['a job without a workflow', { job: 'build' }, 'USAGE'],
  ['requirements and a workflow', { requirements: 'x.yaml', workflow: 'ci.yml' }, 'USAGE'],
  ['a wrong value beside a workflow', { workflow: 'ci.yml', os: '?' }, 'NAMING'],
  ['a job that the workflow lacks', { workflow: 'ci.yml', job: 'x' }, 'NOT_FOUND'],
  ['a file that is not there', { requirements: 'absent.yaml' }, 'NOT_FOUND'],
  ['a workflow that is not there', { workflow: 'absent.yml' }, 'NOT_FOUND'],
  ['no operating system', {}, 'USAGE'],
])('%s is an error', async (_, request, code) => {
  const { read } = await start(WORKFLOW);
  await expect(read(request)).rejects.toMatchObject({ code });
});

it('a request is taken from options of a command, and nothing else of them', () => {
  const options = { os: 'debian-12', job: 'a', other: 1 };
  expect(jobRequestOf(options)).toEqual({ os: 'debian-12', job: 'a' });
});
