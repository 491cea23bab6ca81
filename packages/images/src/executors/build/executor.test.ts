import { expect, it } from 'vitest';
import { NAME, OPTIONS, taskOf } from '../../../testing/task.js';
import build from './executor.js';

it('the target image-build builds into an engine once, and again with force or without a cache', async () => {
  const { context, lines } = await taskOf();
  for (const [options, said] of [
    [OPTIONS, 'built in embedded'],
    [OPTIONS, 'is built already in embedded'],
    [{ ...OPTIONS, force: true }, 'built in embedded'],
    [{ ...OPTIONS, noCache: true }, 'built in embedded'],
  ] as const) {
    expect(await build(options, context)).toEqual({ success: true });
    expect(lines.at(-1)).toBe(`info: ${NAME}:latest ${said}`);
  }
});

it('a Dockerfile needs an engine that builds, and the failure says so', async () => {
  const { context, lines } = await taskOf({
    [OPTIONS.definition]: 'project: app\nos: debian-12\nvariant: base\ndockerfile: Dockerfile\n',
    'apps/app/images/base/Dockerfile': 'FROM scratch\n',
  });
  expect(await build(OPTIONS, context)).toEqual({ success: false });
  expect(lines.join('\n')).toContain('error: UNAVAILABLE');
});
