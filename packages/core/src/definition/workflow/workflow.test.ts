import { describe, expect, it } from 'vitest';
import type { WorkflowOptions } from './workflow-job.js';
import { parseWorkflow } from './workflow.js';

const RUNNERS = { 'ubuntu-latest': 'ubuntu-24.04' };
const read = (jobs: string, options: Partial<WorkflowOptions> = {}) =>
  parseWorkflow(
    { text: `on: push\njobs:\n${jobs}`, path: 'ci.yml' },
    { runners: RUNNERS, ...options },
  );

describe('a workflow', () => {
  it('lists the requirements of each combination of its jobs', () => {
    const { jobs, skipped } = read(`
  build:
    runs-on: ubuntu-latest
    container: \${{ matrix.container }}
    strategy:
      matrix:
        include:
          - { compiler: gcc, version: 15, container: "ubuntu:25.10", asan: true, shared: true, install: "a b" }
          - { compiler: clang-20, container: { image: "ubuntu:24.04" }, x86: false }
  lint: { runs-on: [self-hosted, ubuntu-24.04-arm], steps: [] }
  own: { runs-on: x, container: "ghcr.io/us/capy-debian-12-gcc12-asan:v1" }
  mac: { runs-on: macos-15 }
  other: { uses: ./.github/workflows/x.yml }
  late: { runs-on: "\${{ inputs.runner }}" }
  dynamic: { runs-on: ubuntu-latest, strategy: { matrix: "\${{ fromJSON(needs.a.outputs.m) }}" } }
`);
    expect(jobs).toEqual([
      {
        job: 'build (gcc, 15, ubuntu:25.10, true, true, a b)',
        runner: 'ubuntu-latest',
        container: 'ubuntu:25.10',
        requirements: {
          os: 'ubuntu-25.10',
          compiler: 'gcc15',
          packages: ['a', 'b'],
          tools: [],
          features: ['asan'],
        },
      },
      {
        job: 'build (clang-20, ubuntu:24.04, false)',
        runner: 'ubuntu-latest',
        container: 'ubuntu:24.04',
        requirements: {
          os: 'ubuntu-24.04',
          compiler: 'clang-20',
          packages: [],
          tools: [],
          features: [],
        },
      },
      {
        job: 'lint',
        runner: 'ubuntu-24.04-arm',
        container: null,
        requirements: { os: 'ubuntu-24.04', arch: 'arm64', packages: [], tools: [], features: [] },
      },
      {
        job: 'own',
        runner: 'x',
        container: 'ghcr.io/us/capy-debian-12-gcc12-asan:v1',
        requirements: {
          project: 'capy',
          os: 'debian-12',
          variant: 'gcc12-asan',
          packages: [],
          tools: [],
          features: [],
        },
      },
    ]);
    expect(skipped.map(({ job, reason }) => `${job}: ${reason}`)).toEqual([
      expect.stringContaining('mac: it runs on macos-15'),
      'other: it calls another workflow, .github/workflows/x.yml',
      'late: its runs-on ${{ inputs.runner }} is not known before it runs',
      'dynamic: its matrix is not known before it runs',
    ]);
  });

  it('can be limited to one job and given an operating system', () => {
    const text = '  a: { runs-on: big-machine }\n  b: { runs-on: ubuntu-latest }\n';
    expect(read(text, { job: 'a', os: 'debian-12' }).jobs).toMatchObject([
      { job: 'a', requirements: { os: 'debian-12' } },
    ]);
    expect(() => read(text, { job: 'c' })).toThrow(/no job c; its jobs are a, b/);
  });

  it.each(['', '[]', 'jobs: [', 'name: x'])('refuses %j', (text) => {
    expect(() => parseWorkflow({ text, path: 'ci.yml' }, { runners: {} })).toThrow(
      /ci\.yml: not a workflow with jobs/,
    );
  });
});
