import { expect, it, describe } from 'vitest';
import { workspaceOf } from '../../../testing/workspace.js';
import { list } from '../inspect/list.js';
import { actArguments } from './actrc.js';
import { ensure } from './ensure.js';

const image = (variant: string, more = '', os = 'debian-12') => ({
  [`apps/app/images/${os}-${variant}/image.yaml`]: `project: app\nos: ${os}\nvariant: ${variant}\ncopy: [{ from: x, to: /${variant} }]\n${more}`,
  [`apps/app/images/${os}-${variant}/x`]: 'x\n',
});
const GCC = { os: 'debian:12', compiler: 'gcc12' };

describe('the images of jobs', () => {
  it('are built where they are missing, bases first, and not a second time', async () => {
    const { workspace, call } = await workspaceOf({
      ...image('gcc12', 'base: app-debian-12-low\n'),
      ...image('low'),
    });
    const run = async (options: object = {}) =>
      (await ensure(workspace, GCC, { ...call, ...options })).jobs[0];
    expect(await run({ dryRun: true })).toMatchObject({ needs_build: true, loaded: [] });
    expect(await list(workspace)).toEqual([]);
    const first = await run();
    expect(first?.saved.map(({ reference, action }) => `${action} ${reference}`)).toEqual([
      'saved docker.io/library/app-debian-12-low:latest',
      'saved docker.io/library/app-debian-12-gcc12:latest',
    ]);
    expect(first?.loaded).toMatchObject([{ action: 'loaded' }]);
    expect(await run()).toMatchObject({
      needs_build: false,
      saved: [],
      loaded: [{ action: 'skipped' }],
    });
    expect((await list(workspace)).map(({ name, usageCount }) => [name, usageCount])).toEqual([
      ['app-debian-12-low', 0],
      ['app-debian-12-gcc12', 2],
    ]);
  });

  it('get the name that the job has in container:', async () => {
    const { workspace, call } = await workspaceOf({
      ...image('gcc12'),
      'ci.yml': 'jobs: { a: { runs-on: x, container: "ghcr.io/us/app-debian-12-gcc12:v1" } }\n',
    });
    const { jobs } = await ensure(workspace, { workflow: 'ci.yml' }, call);
    expect(jobs[0]?.loaded.map(({ reference, action }) => `${action} ${reference}`)).toEqual([
      'loaded docker.io/library/app-debian-12-gcc12:latest',
      'retagged ghcr.io/us/app-debian-12-gcc12:v1',
    ]);
    expect(actArguments(jobs)).toEqual({ arguments: ['--pull=false'], notices: [] });
  });

  it('must not be built on each other in a cycle', async () => {
    const { workspace, call } = await workspaceOf({
      ...image('gcc12', 'base: app-debian-12-low\n'),
      ...image('low', 'base: app-debian-12-gcc12\n'),
    });
    await expect(ensure(workspace, GCC, call)).rejects.toThrow(
      'base: a cycle: app-debian-12-gcc12 -> app-debian-12-low -> app-debian-12-gcc12',
    );
  });

  it('need an engine that runs commands if no definition fits', async () => {
    const { workspace, call } = await workspaceOf();
    await expect(ensure(workspace, { ...GCC, project: 'app' }, call)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
  });
});
