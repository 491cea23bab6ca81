import type { ExecutorContext } from '@nx/devkit';
import { ImageError } from '@stowage/core';
import { describe, expect, it } from 'vitest';
import { folderOf, logged } from '../../testing/task.js';
import { failed, onEvent, run } from './run.js';

async function contextOf(settings = ''): Promise<ExecutorContext> {
  return { root: await folderOf({ 'stowage.yaml': settings }) } as ExecutorContext;
}

describe('an executor', () => {
  it('works in the root of the workspace, with its engine', async () => {
    const context = await contextOf('images: x\n');
    const result = await run(
      { engine: 'embedded', host: 'h' },
      context,
      async (workspace, call) => {
        expect(workspace.settings.images).toBe('x');
        expect(call).toMatchObject({ cwd: context.root, engine: 'embedded', host: 'h' });
      },
    );
    expect(result).toEqual({ success: true });
  });

  it('that fails says why, with a hint in the words of Nx', async () => {
    const lines = logged();
    const result = await run({}, await contextOf('a: 1\n'), async () => undefined);
    expect(result).toEqual({ success: false });
    expect(lines[0]).toMatch(/^error: USAGE: /);
    lines.length = 0;
    expect(failed(new ImageError('NOT_FOUND', 'no\u001b[1m image', { hint: 'Make one.' }))).toEqual(
      {
        success: false,
      },
    );
    expect(lines).toEqual([expect.stringContaining('NOT_FOUND: no'), 'error:   Make one.']);
    expect(lines[0]).not.toContain('\u001b');
  });

  it('passes on an error that is none of an image', async () => {
    const context = await contextOf();
    const broken = () => Promise.reject(new TypeError('mine'));
    await expect(run({}, context, broken)).rejects.toThrow('mine');
  });

  it('logs steps, notices and lines of the engine, and no progress', () => {
    const lines = logged();
    onEvent({ type: 'step', subject: 'app', text: 'building' });
    onEvent({ type: 'notice', text: 'look' });
    onEvent({ type: 'engine', text: '\u001b[31mred\u001b[0m' });
    onEvent({ type: 'fetched', bytes: 1 });
    expect(lines).toEqual(['info: app: building', 'warn: look', 'info:   red']);
  });
});
