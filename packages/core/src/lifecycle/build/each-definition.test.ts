import { expect, it } from 'vitest';
import { workspaceOf } from '../../../testing/workspace.js';
import { parseDefinition } from '../../definition/definition.js';
import { ImageError } from '../../errors.js';
import type { FoundDefinition } from '../workspace/definitions.js';
import { eachDefinition } from './each-definition.js';

/** Definitions by variant, each on the base of that variant or on `scratch`. */
function definitionsOf(...bases: readonly (readonly [string, (string | undefined)?, string?])[]) {
  return bases.map(([variant, base, more = '']): FoundDefinition => {
    const on = base === undefined ? 'scratch' : `app-debian-12-${base}`;
    const text = `project: app\nos: debian-12\nvariant: ${variant}\nbase: ${on}\n${more}`;
    return { definition: parseDefinition({ text, path: variant }), folder: '/' };
  });
}

/** Runs work that ends the sooner the later it is in the list; `failed` fails. */
async function run(all: readonly FoundDefinition[], failed?: string) {
  const { workspace } = await workspaceOf();
  const events: string[] = [];
  const work = async ({ definition: { variant = '' } }: FoundDefinition) => {
    events.push(`begin ${variant}`);
    await new Promise((resolve) => setTimeout(resolve, variant === 'a' ? 40 : 5));
    events.push(`end ${variant}`);
    if (variant === failed) throw new ImageError('INVALID', `${variant}: failed`);
    return variant;
  };
  return { events, done: eachDefinition(workspace, all, work) };
}

it('works on several at once, each after its base, and returns their results in order', async () => {
  const { events, done } = await run(definitionsOf(['a'], ['b', 'a'], ['c']));
  expect(await done).toEqual(['a', 'b', 'c']);
  expect(events).toEqual(['begin a', 'begin c', 'end c', 'end a', 'begin b', 'end b']);
});

it('works on a base first, wherever it is in the list', async () => {
  const { events, done } = await run(definitionsOf(['c', 'b'], ['b', 'a'], ['x', 'none'], ['a']));
  expect(await done).toEqual(['c', 'b', 'x', 'a']);
  expect(events.filter((event) => event !== 'begin x' && event !== 'end x')).toEqual(
    ['a', 'b', 'c'].flatMap((variant) => [`begin ${variant}`, `end ${variant}`]),
  );
});

it('does not wait for ever where bases form a circle', async () => {
  const { done } = await run(definitionsOf(['a', 'b'], ['b', 'a']));
  expect(await done).toEqual(['a', 'b']);
});

it('works on one after the other if one of them needs an engine', async () => {
  const { events, done } = await run(definitionsOf(['a'], ['b', undefined, 'packages: [git]\n']));
  await done;
  expect(events).toEqual(['begin a', 'end a', 'begin b', 'end b']);
});

it('goes on after a failure with those that are not built on it', async () => {
  const { events, done } = await run(definitionsOf(['a'], ['b', 'a'], ['c']), 'a');
  await expect(done).rejects.toMatchObject({
    code: 'INVALID',
    message: [
      '2 of 3 images failed:',
      'a: failed',
      'app-debian-12-b: it was not made, because its base app-debian-12-a failed',
    ].join('\n'),
  });
  expect(events).toContain('end c');
  expect(events).not.toContain('begin b');
});
