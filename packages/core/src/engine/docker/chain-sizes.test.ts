import { expect, it } from 'vitest';
import { digestOf, type Digest } from '../../oci/digest.js';
import { chainSizes, withoutGaps } from './chain-sizes.js';

const digest = (text: string): Digest => digestOf(Buffer.from(text));
const image = (id: string, chains: readonly string[], sizes: readonly number[] | number) => ({
  id: digest(id),
  chains: chains.map(digest),
  steps: typeof sizes === 'number' ? [] : sizes,
  unpacked: typeof sizes === 'number' ? sizes : sizes.reduce((sum, each) => sum + each, 0),
});

it.each<[string, ReturnType<typeof image>[], Readonly<Record<string, number>>]>([
  ['the sums of layers', [image('i', ['a', 'b'], [1, 2])], { a: 1, b: 3 }],
  ['an image of its highest layer', [image('i', ['a', 'b'], 5)], { b: 5 }],
  ['an image that is the base', [image('i', ['a', 'b'], 5), image('j', ['a'], 2)], { a: 2, b: 5 }],
  [
    'the layers of another image',
    [image('i', ['a', 'b'], 5), image('j', ['a', 'c'], [2, 1])],
    { a: 2, b: 5, c: 3 },
  ],
])('sizes of chains are those of %s', async (_what, images, expected) => {
  const sizes = await chainSizes(images, () => Promise.reject(new Error('asked')));
  expect(sizes).toEqual(new Map(Object.entries(expected).map(([id, size]) => [digest(id), size])));
});

it('the size of what images share is asked for where nothing else tells it', async () => {
  const images = [image('i', ['a', 'b', 'c'], 5), image('j', ['a', 'b', 'd'], 6)];
  const asked = await chainSizes(images, async () => new Map([[digest('i'), 4]]));
  expect([asked.get(digest('a')), asked.get(digest('b'))]).toEqual([undefined, 4]);
  const untold = await chainSizes(images, async () => new Map());
  expect(untold.get(digest('b'))).toBeUndefined();
});

it.each([
  [
    [1, 3],
    [1, 3],
  ],
  [
    [undefined, undefined, 6],
    [2, 4, 6],
  ],
  [
    [2, undefined, 6, undefined],
    [2, 4, 6, 6],
  ],
  [
    [5, 3],
    [5, 5],
  ],
  [[undefined], [0]],
])('layers between known sizes are taken for equal: %s', (sizes, expected) => {
  expect(withoutGaps(sizes)).toEqual(expected);
});
