import { expect, it, vi } from 'vitest';
import { EmbeddedEngine } from './embedded.js';
import { LazyEngine } from './lazy-engine.js';

/** A function that opens an engine, and the engines that it opened and that were closed. */
function opener() {
  const [opened, closed]: [EmbeddedEngine[], EmbeddedEngine[]] = [[], []];
  const open = vi.fn(async () => {
    await Promise.resolve();
    const engine = new EmbeddedEngine('', { now: () => 0 });
    opened.push(engine);
    const close = async () => void closed.push(engine);
    return Object.assign(engine, { [Symbol.asyncDispose]: close });
  });
  return { open, opened, closed };
}

it('gives all users one engine, also those that come while it is being opened', async () => {
  const { open, opened, closed } = opener();
  const lazy = new LazyEngine(open);
  const { get } = lazy;
  const [first, second] = await Promise.all([get(), get()]);
  expect(second).toBe(first);
  expect(await get()).toBe(first);
  await lazy[Symbol.asyncDispose]();
  expect(opened).toEqual([first]);
  expect(closed).toEqual([first]);
});

it('opens and closes nothing without a user', async () => {
  const { open, closed } = opener();
  await new LazyEngine(open)[Symbol.asyncDispose]();
  expect(open).not.toHaveBeenCalled();
  expect(closed).toEqual([]);
});

it('gives a failure to all users that wait for it, and tries again for the next', async () => {
  const { open, opened, closed } = opener();
  open.mockRejectedValueOnce(new Error('no answer'));
  const lazy = new LazyEngine(open);
  const failed = await Promise.allSettled([lazy.get(), lazy.get()]);
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(open).toHaveBeenCalledTimes(1);
  expect(await lazy.get()).toBe(opened[0]);
  await lazy[Symbol.asyncDispose]();
  expect(closed).toEqual(opened);
});

it('closes an engine that is still being opened', async () => {
  const { open, opened, closed } = opener();
  const lazy = new LazyEngine(open);
  const opening = lazy.get();
  await lazy[Symbol.asyncDispose]();
  expect(closed).toEqual([await opening]);
  expect(opened).toHaveLength(1);
});

it('can be closed after it failed to open', async () => {
  const { open } = opener();
  open.mockRejectedValue(new Error('no answer'));
  const lazy = new LazyEngine(open);
  await expect(lazy.get()).rejects.toThrow('no answer');
  await lazy[Symbol.asyncDispose]();
});
