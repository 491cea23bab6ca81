import { expect, it } from 'vitest';
import { taskOf } from '../../../testing/task.js';
import serve from './executor.js';

it('the target image-serve yields the URL of a registry, which ends with the task', async () => {
  const { context, lines } = await taskOf();
  const task = serve({}, context);
  const { value } = await task.next();
  const url = value?.baseUrl ?? '';
  expect(value).toEqual({ success: true, baseUrl: expect.stringMatching(/^http:/) as string });
  expect(lines).toEqual([`info: registry: ${url}`]);
  expect((await fetch(`${url}/v2/`)).status).toBe(200);
  const ended = task.next();
  process.emit('SIGTERM', 'SIGTERM');
  expect(await ended).toEqual({ done: true, value: undefined });
  await expect(fetch(`${url}/v2/`)).rejects.toThrow('fetch failed');
});

it('the target image-serve fails on wrong options', async () => {
  const { context, lines } = await taskOf();
  const task = serve({ listen: 'here' }, context);
  expect((await task.next()).value).toEqual({ success: false });
  expect((await task.next()).done).toBe(true);
  expect(lines[0]).toMatch(/^error: USAGE: /);
});

it('a task that ended leaves no handler of a signal behind', async () => {
  const { context } = await taskOf();
  const before = process.listenerCount('SIGTERM');
  const task = serve({ listen: 'here' }, context);
  while (!(await task.next()).done);
  expect(process.listenerCount('SIGTERM')).toBe(before);
});
