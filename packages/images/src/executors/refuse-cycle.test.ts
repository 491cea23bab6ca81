import type { ExecutorContext } from '@nx/devkit';
import { expect, it } from 'vitest';
import { refuseCycle } from './refuse-cycle.js';

/** Refuses a cycle from project `a`; edges are `a>b`, and projects in capitals are no images. */
function refuse(...edges: readonly string[]): () => void {
  const pairs = edges.map((edge) => edge.split('>') as [string, string]);
  const names = [...new Set(['a', ...pairs.flat()])];
  const node = (name: string) => ({ data: { tags: /[a-z]/.test(name) ? ['image'] : [] } });
  const projectGraph = {
    nodes: Object.fromEntries(names.map((name) => [name, node(name)])),
    dependencies: Object.fromEntries(
      names.map((name) => [
        name,
        pairs.filter(([from]) => from === name).map(([source, target]) => ({ source, target })),
      ]),
    ),
  };
  return () =>
    refuseCycle({ projectName: 'a', projectGraph } as Partial<ExecutorContext> as ExecutorContext);
}

it.each([
  [[]],
  [['a>b', 'b>c']],
  [['a>b', 'a>c', 'b>d', 'c>d']],
  // A cycle that `a` is not part of is reported for its own images.
  [['a>b', 'b>c', 'c>b']],
  // A cycle over a project that is no image needs no order of images.
  [['a>X', 'X>a']],
])('accepts %j', (edges) => {
  expect(refuse(...edges)).not.toThrow();
});

it.each([
  [['a>a'], 'a -> a'],
  [['a>b', 'b>a'], 'a -> b -> a'],
  [['a>b', 'b>c', 'c>d', 'd>a', 'c>a'], 'a -> b -> c -> a'],
])('refuses %j, and names the shortest chain', (edges, chain) => {
  expect(refuse(...edges)).toThrow(
    expect.objectContaining({
      code: 'USAGE',
      message: `base: a cycle: ${chain}`,
    }) as Error,
  );
});

it('does nothing outside a project', () => {
  expect(() => refuseCycle({} as Partial<ExecutorContext> as ExecutorContext)).not.toThrow();
});
