import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { savePath, workspaceOf } from '../../../testing/workspace.js';
import { plan } from './plan.js';

const image = (variant: string, more = '', os = 'debian-12') => ({
  [`apps/app/images/${os}-${variant}/image.yaml`]: `project: app\nos: ${os}\nvariant: ${variant}\ncopy: [{ from: x, to: /${variant} }]\n${more}`,
  [`apps/app/images/${os}-${variant}/x`]: 'x\n',
});
const GCC = { os: 'debian:12', compiler: 'gcc12' };

describe('a plan', () => {
  it('names the archive that fits and why the others do not', async () => {
    const { workspace, call, cwd } = await workspaceOf({ ...image('gcc12'), ...image('clang14') });
    for (const variant of ['gcc12', 'clang14'])
      await savePath(workspace, `apps/app/images/debian-12-${variant}`, call);
    const best = async () => (await plan(workspace, GCC, call)).jobs[0]?.plan;
    expect(await best()).toEqual({
      name: 'app-debian-12-gcc12',
      reference: 'docker.io/library/app-debian-12-gcc12:latest',
      needs_build: false,
      best_image_path: join(cwd, 'images/app/app-debian-12-gcc12.tar'),
      best_base_image_path: null,
      score: { essential: 100, extra: 0 },
      reasons: [
        'app-debian-12-gcc12: it fits',
        'app-debian-12-clang14: its compiler is clang14, not gcc12',
      ],
    });
    await rm(join(cwd, 'images/app/app-debian-12-gcc12.tar'));
    expect(await best()).toMatchObject({
      needs_build: true,
      reasons: [
        expect.stringMatching(
          /it has to be built from apps\/app\/images\/debian-12-gcc12\/image.yaml/,
        ),
        expect.stringContaining('clang14'),
        'app-debian-12-gcc12: its archive is gone',
      ] as string[],
    });
  });

  it('names the base to build on if no definition fits', async () => {
    const { workspace, call, cwd } = await workspaceOf({ ...image('clang14') });
    const of = async (more: object = {}) =>
      (await plan(workspace, { ...GCC, project: 'app', ...more }, call)).jobs[0]?.plan;
    expect(await of()).toMatchObject({
      name: 'app-debian-12-gcc12',
      needs_build: true,
      best_base_image_path: null,
      reasons: ['app-debian-12-gcc12: no archive fits; it has to be built on debian:12'],
    });
    await savePath(workspace, 'apps/app/images/debian-12-clang14', call);
    expect(await of({ features: 'asan' })).toMatchObject({
      name: 'app-debian-12-gcc12-asan',
      best_base_image_path: join(cwd, 'images/app/app-debian-12-clang14.tar'),
      score: { essential: 70, extra: 0 },
    });
  });

  it('combines requirements from a file or a workflow with those of the request', async () => {
    const { workspace, call } = await workspaceOf({
      'needs.json': '{ "os": "debian-12", "compiler": "gcc12", "packages": ["a"] }',
      'ci.yml': 'jobs: { a: { runs-on: debian-12 }, b: { runs-on: windows-2025 } }\n',
    });
    const from = async (request: object) => {
      const { jobs, skipped } = await plan(workspace, { project: 'app', ...request }, call);
      return { names: jobs.map((each) => each.plan.name), skipped: skipped.map(({ job }) => job) };
    };
    expect(await from({ requirements: 'needs.json', features: 'cov' })).toEqual({
      names: ['app-debian-12-gcc12-cov'],
      skipped: [],
    });
    expect(await from({ workflow: 'ci.yml', compiler: 'gcc12' })).toEqual({
      names: ['app-debian-12-gcc12'],
      skipped: ['b'],
    });
    await expect(from({})).rejects.toMatchObject({ code: 'USAGE' });
    await expect(from({ requirements: 'none.yaml' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(from({ os: 'debian-12', job: 'a' })).rejects.toThrow(
      /needs the option `workflow`/,
    );
    await expect(from({ os: 'debian-12', compiler: '?' })).rejects.toThrow(/compiler: expected/);
    await expect(from({ requirements: 'needs.json', workflow: 'ci.yml' })).rejects.toThrow(/both/);
  });
});

describe('a workflow that calls others', () => {
  it('reads files of the workspace alone, and an invalid option is an error of its own', async () => {
    const uses = (name: string) => `${name}: { uses: ./.github/workflows/${name}.yml }`;
    const { workspace, call, cwd } = await workspaceOf({
      'ci.yml': `jobs: { ${['own', 'link', 'folder', 'gone'].map(uses).join(', ')} }\n`,
      '.github/workflows/own.yml': 'jobs: { t: { runs-on: debian-12 } }\n',
      '.github/workflows/folder.yml/x': '',
    });
    const outside = join(await temporaryFolder(), 'x.yml');
    await writeFile(outside, 'jobs: { secret: { runs-on: debian-12 } }\n');
    await symlink(outside, join(cwd, '.github/workflows/link.yml'));
    const { jobs, skipped } = await plan(workspace, { workflow: 'ci.yml' }, call);
    expect(jobs.map(({ plan: { job } }) => job)).toEqual(['own / t']);
    expect(skipped).toEqual([
      {
        job: 'link',
        reason: expect.stringContaining('not a file of the workspace') as string,
      },
      { job: 'folder', reason: expect.stringContaining('not a file') as string },
      { job: 'gone', reason: expect.stringContaining('which does not exist') as string },
    ]);
    const wrong = { workflow: 'ci.yml', compiler: '?' };
    await expect(plan(workspace, wrong, call)).rejects.toThrow(/compiler: expected/);
  });
});

it('a plan of a workflow names the actions that were not read, in one notice', async () => {
  const steps = '[{ uses: actions/checkout@v4 }, { uses: them/gcc@v1 }]';
  const { workspace, call, events } = await workspaceOf({
    'ci.yml': `jobs: { a: { runs-on: debian-12, steps: ${steps} }, b: { runs-on: debian-12, steps: ${steps} } }\n`,
  });
  await plan(workspace, { workflow: 'ci.yml' }, call);
  expect(events.map((event) => ('text' in event ? event.text : event.type))).toEqual([
    expect.stringMatching(/^ci.yml: actions .* not read: actions\/checkout@v4, them\/gcc@v1\. /),
  ]);
});
