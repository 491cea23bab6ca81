import type { Definition } from '@stowage/core/definition';
import { expect, it } from 'vitest';
import { imagesInCycles } from './cycle.js';
import type { Image } from './image.js';

/** Images from edges such as `a>b`: `a` is built on `b`. */
function imagesOf(...edges: readonly string[]): Image[] {
  return edges.map((edge) => {
    const [name = '', base = ''] = edge.split('>');
    const owner = { root: '.', name: 'owner', isProject: true };
    const definition = { name, base } as Partial<Definition> as Definition;
    return { file: `${name}/image.yaml`, root: name, name, owner, definition };
  });
}

it.each([
  [[], []],
  [['a>b', 'b>docker.io/library/debian:13'], []],
  [['a>a'], ['a']],
  [
    ['a>b', 'b>c', 'c>a', 'd>e', 'e>scratch'],
    ['a', 'b', 'c'],
  ],
  // `a` is built on a cycle, but is not its own base.
  [
    ['a>b', 'b>c', 'c>b'],
    ['b', 'c'],
  ],
])('of %j finds %j', (edges, expected) => {
  expect([...imagesInCycles(imagesOf(...edges))].map(({ name }) => name)).toEqual(expected);
});

it('leaves out an image whose definition is invalid', () => {
  const images = imagesOf('a>b', 'b>a').map(({ definition, ...image }) =>
    image.name === 'a' && definition ? { ...image, definition } : image,
  );
  expect(imagesInCycles(images).size).toBe(0);
});
