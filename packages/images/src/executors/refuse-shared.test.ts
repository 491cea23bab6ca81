import type { ExecutorContext } from '@nx/devkit';
import { expect, it } from 'vitest';
import { refuseShared } from './refuse-shared.js';

/** Refuses `as` in a run of these tasks, `<project>:<target>`, which all have the option; `app` is no image. */
function refuse(value: string | undefined, ...ids: readonly string[]): () => void {
  const tasks = Object.fromEntries(
    ids.map((id) => {
      const [project = '', target = ''] = id.split(':');
      return [id, { target: { project, target }, overrides: { as: 'one:1' } }];
    }),
  );
  const node = (name: string) => ({ data: { tags: name === 'app' ? [] : ['image'] } });
  const nodes = Object.fromEntries(['app', 'a', 'b'].map((name) => [name, node(name)]));
  const context: unknown = { taskGraph: { tasks }, projectGraph: { nodes }, targetName: 'load' };
  return () => refuseShared('as', value, context as ExecutorContext);
}

it.each([
  ['no option', undefined, ['a:load', 'b:load']],
  ['one image', 'one:1', ['app:load', 'a:load', 'b:save']],
  ['another value', 'two:1', ['a:load', 'b:load']],
])('accepts %s', (_what, value, ids) => {
  expect(refuse(value, ...ids)).not.toThrow();
});

it('refuses one name for several images, and names them', () => {
  expect(refuse('one:1', 'app:load', 'a:load', 'b:load')).toThrow(
    expect.objectContaining({
      code: 'USAGE',
      message: 'as "one:1": one value cannot name several images: a, b',
    }) as Error,
  );
});
