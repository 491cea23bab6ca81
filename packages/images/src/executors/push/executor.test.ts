import { openWorkspace } from '@stowage/core';
import { serve } from '@stowage/core/registry';
import { describe, expect, it, onTestFinished } from 'vitest';
import { NAME, OPTIONS, taskOf } from '../../../testing/task.js';
import save from '../save/executor.js';
import push from './executor.js';

/** A saved image, and a registry. */
async function start() {
  const task = await taskOf();
  await save(OPTIONS, task.context);
  const workspace = await openWorkspace(task.root);
  const serving = await serve(workspace, [], { cwd: task.root });
  onTestFinished(() => serving[Symbol.asyncDispose]());
  task.lines.length = 0;
  return { ...task, to: `${serving.url}/team`, host: new URL(serving.url).host };
}

describe('the target image-push', () => {
  it('pushes once, and says in a dry run what it would push', async () => {
    const { context, lines, to, host } = await start();
    expect(await push({ ...OPTIONS, to, dryRun: true }, context)).toEqual({ success: true });
    expect(lines.at(-1)).toMatch(/^info: would be pushed: .* bytes\)$/);
    await push({ ...OPTIONS, to }, context);
    expect(lines.at(-1)).toContain(`info: pushed: ${host}/team/library/${NAME}:latest@sha256:`);
    await push({ ...OPTIONS, to }, context);
    expect(lines.at(-1)).toMatch(/^info: skipped: .*\(0 bytes\)$/);
  });

  it('pushes under another name', async () => {
    const { context, lines, to, host } = await start();
    await push({ ...OPTIONS, to, tag: 'app:2' }, context);
    expect(lines.at(-1)).toContain(`info: pushed: ${host}/team/app:2@`);
  });

  it('fails without a registry', async () => {
    const { context, lines } = await start();
    expect(await push(OPTIONS, context)).toEqual({ success: false });
    expect(lines[0]).toBe('error: USAGE: push: no registry is given');
  });
});
