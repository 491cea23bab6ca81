import type { ExecutorContext } from '@nx/devkit';
import { openWorkspace } from '@stowage/core';
import { serve } from '@stowage/core/registry';
import { describe, expect, it, onTestFinished } from 'vitest';
import { NAME, OPTIONS, taskOf } from '../../../testing/task.js';
import save from '../save/executor.js';
import publish from './executor.js';

/** A saved image that is released, and a registry. */
async function start(release: object = {}) {
  const task = await taskOf();
  await save(OPTIONS, task.context);
  const workspace = await openWorkspace(task.root);
  const serving = await serve(workspace, [], { cwd: task.root });
  onTestFinished(() => serving[Symbol.asyncDispose]());
  task.lines.length = 0;
  const { projectName = '', projectGraph } = task.context;
  const node = { name: projectName, type: 'lib', data: { root: 'x', tags: ['image'] } };
  const context = {
    ...task.context,
    nxJsonConfiguration: { release },
    projectGraph: { ...projectGraph, nodes: { ...projectGraph.nodes, [projectName]: node } },
  } as ExecutorContext;
  const version = (newVersion: string | null) => ({
    ...OPTIONS,
    registry: `${serving.url}/team`,
    nxReleaseVersionData: { [projectName]: { newVersion } },
  });
  return { lines: task.lines, context, version, host: new URL(serving.url).host };
}

const pushed = (lines: readonly string[]) =>
  lines.flatMap(
    (line) => /^info: (\w+): [^/]*\/team\/([^@]*)@/.exec(line)?.slice(1).join(' ') ?? [],
  );

describe('the target nx-release-publish', () => {
  it('publishes the version that Nx resolved, and latest; the second time nothing is sent', async () => {
    const { context, lines, version } = await start();
    expect(await publish({ ...version('1.2.3'), access: 'public' }, context)).toEqual({
      success: true,
    });
    expect(lines[0]).toMatch(/^info: access: ignored/);
    expect(pushed(lines)).toEqual([`pushed ${NAME}:1.2.3`, `pushed ${NAME}:latest`]);
    lines.length = 0;
    await publish(version('1.2.3'), context);
    expect(pushed(lines)).toEqual([`skipped ${NAME}:1.2.3`, `skipped ${NAME}:latest`]);
  });

  it('moves no tag to a prerelease unless it is named, and has other names where wanted', async () => {
    const { context, lines, version } = await start();
    await publish(version('2.0.0-rc.1'), context);
    const named = { repository: 'x/{projectName}', tags: ['{version}-a'], tag: 'next' };
    await publish({ ...version('2.0.0'), ...named }, context);
    expect(pushed(lines)).toEqual([
      `pushed ${NAME}:2.0.0-rc.1`,
      `pushed x/${NAME}:2.0.0-a`,
      `pushed x/${NAME}:next`,
    ]);
  });

  it('publishes nothing without a new version, and in a dry run', async () => {
    const { context, lines, version, host } = await start();
    await publish(version(null), context);
    expect(lines).toEqual(['info: no new version; nothing to publish']);
    await publish({ ...version('1.0.0'), dryRun: true }, context);
    expect(lines.at(-1)).toContain(`info: would be published: ${host}/team/${NAME}:latest`);
  });

  it('refuses a version that no one knows, and a group of docker', async () => {
    const { context, lines, version } = await start();
    const { nxReleaseVersionData: _, ...unknown } = version(null);
    expect(await publish(unknown, context)).toEqual({ success: false });
    expect(lines[0]).toContain('USAGE: tags "{version}": there is no value for {version}');
    const docker = await start({ docker: true });
    expect(await publish(docker.version('1.0.0'), docker.context)).toEqual({ success: false });
    expect(docker.lines.join('\n')).toContain('call docker tag on a loaded image');
  });
});
