import { describe, expect, it } from 'vitest';
import { requirementsOf } from '../requirements.js';
import { completeWorkflow, parseWorkflow } from './workflow.js';

const RUNNERS = { 'ubuntu-latest': 'ubuntu-24.04', Big: 'debian:12' };
const DEFAULTS = { project: 'app', architecture: 'amd64' };

function read(jobs: string, files: Readonly<Record<string, string>> = {}) {
  const file = { text: `on: push\njobs:\n${jobs}`, path: 'ci.yml' };
  const readFile = (path: string) => files[path];
  return completeWorkflow(parseWorkflow(file, { runners: RUNNERS, readFile }), (wanted) =>
    requirementsOf(wanted, DEFAULTS),
  );
}

/** One line for each job: what it needs, or why it is skipped. */
function lines(...given: Parameters<typeof read>): string[] {
  const { jobs, skipped } = read(...given);
  return [
    ...jobs.map(({ job, requirements: { os, architecture, compiler, packages, tools } }) =>
      [job, os, architecture, compiler && `${compiler.family}${compiler.version ?? ''}`]
        .concat(packages, tools)
        .filter((word) => word !== undefined)
        .join(' | '),
    ),
    ...skipped.map(({ job, reason }) => `${job}: ${reason}`),
  ];
}

const leg = (matrix: string) => `  b: { runs-on: ubuntu-24.04, strategy: { matrix: ${matrix} } }\n`;

describe('a compiler of a matrix', () => {
  it.each([
    ['{ c_compiler: [clang-18], cpp_compiler: [clang++-18] }', 'clang18'],
    ['{ cxx: [g++-14] }', 'gcc14'],
    ['{ CC: [/usr/bin/gcc-13] }', 'gcc13'],
    ['{ CXX: [clang++] }', 'clang'],
    ['{ cc: [cc] }', 'gcc'],
    ['{ config: [{ name: Release, cc: gcc-12, cxx: g++-12 }] }', 'gcc12'],
    ['{ compiler: [{ name: gcc, version: 12 }] }', 'gcc12'],
    ['{ compiler: [{ CC: clang-17, CXX: clang++-17 }] }', 'clang17'],
    ['{ compiler: [gcc], version: [v1.2-rc] }', 'gcc'],
    ['{ compiler: [gcc], compiler-version: [13] }', 'gcc13'],
    ['{ compiler: [""], cxx: [g++-9] }', 'gcc9'],
  ])('%s is %s', (matrix, expected) => {
    expect(lines(leg(matrix)).map((line) => line.split(' | ')[3])).toEqual([expected]);
  });

  it.each([
    ["{ compiler: ['12'] }", 'its compiler 12 is not the name of a compiler'],
    ['{ compiler: [gcc-latest] }', 'its compiler gcc-latest is not the name'],
    ['{ compiler: [apple-clang] }', 'its compiler apple-clang is not the name'],
    ['{ compiler: ["gcc-13 (Debian)"] }', 'its compiler gcc-13 (Debian) is not the name'],
    ['{ compiler: [{ name: gcc, version: latest }] }', 'its version latest of gcc is not a number'],
    ['{ compiler: [{ version: 12 }] }', 'its compiler has no name'],
    ['{ compiler: ["${{ env.CC }}"] }', 'its compiler ${{ env.CC }} is not known before'],
    ['{ install: ["${{ env.PACKAGES }}"] }', 'its packages is not known before'],
    ['{ arch: ["a b"] }', 'platform: expected os['],
    ['{ variant: ["Ä"] }', 'name: expected <project>'],
  ])('%s skips the job alone: %s', (matrix, reason) => {
    const found = lines(`${leg(matrix)}  ok: { runs-on: ubuntu-24.04 }\n`);
    expect(found).toEqual(['ok | ubuntu-24.04 | amd64', expect.stringContaining(reason)]);
    expect(found[1]).toMatch(/^b \(/);
  });
});

describe('a matrix that is not known', () => {
  it.each([
    ["'${{ fromJSON(x) }}'", 'its matrix is not known'],
    ["{ include: '${{ fromJSON(x) }}' }", 'its matrix.include is not known'],
    ["{ a: [1], exclude: '${{ fromJSON(x) }}' }", 'its matrix.exclude is not known'],
    ["{ a: [1], exclude: ['${{ fromJSON(x) }}'] }", 'its matrix.exclude is not known'],
    ["{ compiler: '${{ fromJSON(x) }}' }", 'its matrix.compiler is not known'],
    ["{ include: ['${{ fromJSON(x) }}'] }", 'number 1 of its matrix.include is not known'],
    ['{ a: [] }', 'its matrix has no combination'],
    ['{ a: [1], exclude: [{ a: 1 }] }', 'its matrix has no combination'],
    [`{ a: [${'1,'.repeat(99)}1], b: [${'1,'.repeat(99)}1] }`, 'matrix: more than 4096'],
  ])('%s skips the job: %s', (matrix, reason) => {
    expect(lines(leg(matrix))).toEqual([expect.stringContaining(`b: ${reason}`)]);
  });

  it('keeps the combinations that are known', () => {
    expect(lines(leg("{ include: [{ compiler: gcc }, '${{ x }}'] }"))).toEqual([
      'b (gcc) | ubuntu-24.04 | amd64 | gcc',
      'b: number 2 of its matrix.include is not known before it runs',
    ]);
  });
});

describe('a runner', () => {
  it.each([
    ['[self-hosted, ubuntu-24.04, arm64]', 'ubuntu-24.04 | arm64'],
    ['[self-hosted, Linux, X64, debian-12]', 'debian-12 | amd64'],
    ['[self-hosted, Linux, ARM64, Ubuntu-22.04]', 'ubuntu-22.04 | arm64'],
    ['Ubuntu-Latest', 'ubuntu-24.04 | amd64'],
    ['ubuntu-latest-arm', 'ubuntu-24.04 | arm64'],
    ['big', 'debian-12 | amd64'],
    ['{ group: big, labels: ubuntu-24.04 }', 'ubuntu-24.04 | amd64'],
    ['{ group: big, labels: [gpu, ubuntu-24.04] }', 'ubuntu-24.04 | amd64'],
  ])('%s is %s', (runsOn, expected) => {
    expect(lines(`  b: { runs-on: ${runsOn} }\n`)).toEqual([`b | ${expected}`]);
  });

  it.each([
    ['{ group: machines }', 'it runs on the group machines'],
    ['[self-hosted, gpu]', 'it runs on gpu, which names no Linux image'],
    ['[self-hosted, linux]', 'it runs on self-hosted, which names no Linux image'],
    ['[]', 'it has no runs-on'],
  ])('%s is skipped: %s', (runsOn, reason) => {
    expect(lines(`  b: { runs-on: ${runsOn} }\n`)).toEqual([expect.stringContaining(reason)]);
  });
});

describe('a container', () => {
  const DIGEST = `@sha256:${'a'.repeat(64)}`;

  it.each([
    [`ubuntu:24.04${DIGEST}`, 'ubuntu-24.04'],
    ['debian:bookworm-slim', 'debian-12'],
    ['docker.io/library/ubuntu:noble-20260101', 'ubuntu-24.04'],
    ['rockylinux:9', 'rockylinux-9'],
    ['rockylinux/rockylinux:9.3-minimal', 'rockylinux-9.3'],
    ['almalinux:9-init', 'almalinux-9'],
    ['amazonlinux:2023', 'amazonlinux-2023'],
    ['registry.opensuse.org/opensuse/leap:15.6', 'opensuse-15.6'],
    ['alpine:3.22.1', 'alpine-3.22'],
    ['registry.test:5000/ubuntu:22.04', 'ubuntu-22.04'],
  ])('%s is %s', (container, os) => {
    expect(lines(`  b: { runs-on: x, container: '${container}' }\n`)).toEqual([
      `b | ${os} | amd64`,
    ]);
  });

  it.each([
    [`ubuntu${DIGEST}`, 'does not name its operating system'],
    ['alpine:latest', 'does not name its operating system'],
    ['python:3.12', 'does not name its operating system'],
    ['leap:15.6', 'does not name its operating system'],
    ['Not An Image', 'is not the name of an image'],
  ])('%s is skipped: it %s', (container, reason) => {
    expect(lines(`  b: { runs-on: x, container: '${container}' }\n`)).toEqual([
      `b: its container ${container} ${reason}`,
    ]);
  });

  it('runs on the processor of its runner', () => {
    expect(lines('  b: { runs-on: ubuntu-24.04-arm, container: "debian:12" }\n')).toEqual([
      'b | debian-12 | arm64',
    ]);
  });
});

describe('a job that uses other files of the repository', () => {
  const CALL = '  a: { uses: ./.github/workflows/x.yml, with: { os: debian-12 } }\n';
  const called = (jobs: string, inputs = '{}') => ({
    '.github/workflows/x.yml': `on: { workflow_call: { inputs: ${inputs} } }\njobs:\n${jobs}`,
  });

  it('has the jobs of the workflow that it calls', () => {
    const jobs = '  t: { runs-on: "${{ inputs.os }}", container: "${{ inputs.image }}" }\n';
    expect(lines(CALL, called(jobs))).toEqual(['a / t | debian-12 | amd64']);
    const inputs = '{ image: { default: "fedora:42" }, os: { default: x } }';
    expect(lines(CALL, called(jobs, inputs))).toEqual(['a / t | fedora-42 | amd64']);
  });

  it('calls it for each combination of its matrix', () => {
    const job =
      '  a: { strategy: { matrix: { os: [debian-12, x] } }, uses: ./.github/workflows/x.yml, with: { os: "${{ matrix.os }}" } }\n';
    expect(lines(job, called('  t: { runs-on: "${{ inputs.os }}" }\n'))).toEqual([
      'a (debian-12) / t | debian-12 | amd64',
      expect.stringContaining('a (x) / t: it runs on x'),
    ]);
  });

  it.each([
    [
      'octo/repo/.github/workflows/x.yml@v1',
      'it calls octo/repo/.github/workflows/x.yml@v1, which',
    ],
    ['./../x.yml', 'which is not a file of this repository'],
    ['./a/../../x.yml', 'which is not a file of this repository'],
    ['/etc/passwd', 'which is not a file of this repository'],
    ['./gone.yml', 'it calls gone.yml, which does not exist'],
    ['./bad.yml', 'bad.yml: not a workflow with jobs'],
    ['./empty.yml', 'it calls empty.yml, which has no jobs'],
  ])('is skipped when that is %s: %s', (uses, reason) => {
    const files = { 'bad.yml': 'jobs: [', 'empty.yml': 'jobs: {}' };
    expect(lines(`  a: { uses: '${uses}' }\n`, files)).toEqual([expect.stringContaining(reason)]);
  });

  it('is skipped when the calls are a circle, too deep or too many', () => {
    expect(lines(CALL, called('  t: { uses: ./.github/workflows/x.yml }\n'))).toEqual([
      'a / t: it calls .github/workflows/x.yml, which calls itself',
    ]);
    const chain = Object.fromEntries(
      Array.from({ length: 12 }, (_, n) => [`${n}.yml`, `jobs: { t: { uses: ./${n + 1}.yml } }`]),
    );
    expect(lines('  a: { uses: ./0.yml }\n', chain)).toEqual([
      expect.stringMatching(/it calls 10\.yml, more than 10 workflows deep/),
    ]);
    const tree = Object.fromEntries(
      Array.from({ length: 9 }, (_, n) => [
        `${n}.yml`,
        `jobs: { ${Array.from({ length: 9 }, (_, job) => `j${job}: { uses: ./${n + 1}.yml }`).join(', ')} }`,
      ]),
    );
    const { jobs, skipped } = read('  a: { uses: ./0.yml }\n', tree);
    expect(jobs.length + skipped.length).toBeLessThan(20_000);
    expect(skipped.map(({ reason }) => reason)).toContain(
      'the workflow has too many jobs before it',
    );
  });

  it('needs what it gives to composite actions, and these to others', () => {
    const files = {
      'setup/action.yml':
        'inputs: { compiler: { default: gcc-13 }, cache: { default: on } }\nruns: { using: composite, steps: [{ uses: ./more, with: { packages: "make ${{ inputs.cache }}" } }] }\n',
      'more/action.yaml':
        'inputs: {}\nruns: { using: composite, steps: [{ uses: ./setup }, { uses: ./docker, with: { tools: x } }] }\n',
      'docker/action.yml': 'runs: { using: docker }\n',
    };
    const job = (more: string) =>
      `  a: { runs-on: debian-12, steps: [{ uses: actions/checkout@v4 }, { uses: ./setup${more} }] }\n`;
    expect(lines(job(''), files)).toEqual(['a | debian-12 | amd64 | gcc13 | make | on']);
    expect(lines(job(', with: { compiler: clang }'), files)).toEqual([
      'a | debian-12 | amd64 | clang | make | on',
    ]);
    expect(lines(job(''), {})).toEqual(['a | debian-12 | amd64']);
  });

  it('names the actions that are not read', () => {
    const files = {
      'setup/action.yml':
        'runs: { using: composite, steps: [{ uses: them/tool/sub@v2 }, { uses: ./broken }, { uses: docker://debian }] }\n',
      'broken/action.yml': '{',
      'own/action.yml': 'runs: { using: node20 }\n',
    };
    const steps =
      '[{ uses: actions/checkout@v4 }, { uses: ./setup }, { uses: ./gone }, { uses: ./own }, { run: x }]';
    const jobs = `  a: { runs-on: debian-12, steps: ${steps} }\n  b: { runs-on: debian-12, steps: ${steps} }\n`;
    expect(read(jobs, files).notFollowed).toEqual([
      './broken',
      './gone',
      'actions/checkout@v4',
      'them/tool/sub@v2',
    ]);
    expect(read('  a: { runs-on: debian-12 }\n').notFollowed).toEqual([]);
  });

  it('reads each file once, however often it is used', () => {
    const files: Readonly<Record<string, string>> = {
      'own/action.yml': 'runs: { using: composite, steps: [{ uses: ./broken }] }\n',
      'broken/action.yml': '{',
      'x.yml': 'jobs: { t: { runs-on: debian-12, steps: [{ uses: ./own }] } }\n',
    };
    const paths: string[] = [];
    const matrix = `strategy: { matrix: { n: [${Array.from({ length: 50 }, (_, n) => n).join()}] } }`;
    const text = `jobs:\n  a: { uses: ./x.yml, ${matrix} }\n  b: { runs-on: debian-12, ${matrix}, steps: [{ uses: ./own }] }\n  c: { uses: ./gone.yml, ${matrix} }\n`;
    const options = {
      runners: RUNNERS,
      readFile: (path: string) => {
        paths.push(path);
        return files[path];
      },
    };
    const { jobs, skipped } = parseWorkflow({ text, path: 'ci.yml' }, options);
    expect([jobs.length, skipped.length]).toEqual([100, 50]);
    expect(paths.sort()).toEqual([
      ...['broken/action.yaml', 'broken/action.yml', 'gone.yml', 'own/action.yml', 'x.yml'],
    ]);
  });
});
