import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../testing/memory-store.js';
import { storeWith } from '../../testing/image.js';
import { describe as describeBytes, type Descriptor } from '../oci/descriptor.js';
import { MediaType } from '../oci/media-types.js';
import { foreignLayersLeftOut, takenBy } from './foreign-layers.js';
import { walk } from './graph/walk.js';

const foreign = (text: string): Descriptor =>
  describeBytes(MediaType.foreignGzip, Buffer.from(text));

describe('the nodes that a sink takes', () => {
  const graphOf = async (...layers: readonly Descriptor[]) => {
    const store = await storeWith('app:1');
    const graph = await walk(store, (await store.resolve()).descriptor);
    return { ...graph, nodes: [...layers, ...graph.nodes] };
  };

  it('are all of them unless it says otherwise', async () => {
    const graph = await graphOf(foreign('a'));
    expect(takenBy(new MemoryStore(), graph)).toBe(graph);
  });

  it('are not the foreign layers that it refuses, which are left out', async () => {
    const [a, b] = [foreign('a'), foreign('b')];
    const sink = Object.assign(new MemoryStore(), {
      takes: ({ mediaType }: Descriptor) => mediaType !== MediaType.foreignGzip,
    });
    const graph = { ...(await graphOf(a)), foreign: [b] };
    const taken = takenBy(sink, graph);
    expect(taken.nodes).not.toContain(a);
    expect(taken.nodes).toHaveLength(graph.nodes.length - 1);
    expect(taken.foreign).toEqual([b, a]);
  });
});

describe('the notice about foreign layers', () => {
  it.each([
    [[], []],
    [undefined, []],
    [[foreign('a')], [expect.stringContaining('app:1: 1 foreign layer is left out')]],
    [[foreign('a'), foreign('b')], [expect.stringContaining('2 foreign layers are left out')]],
    [[foreign('a'), foreign('a')], [expect.stringContaining('1 foreign layer is left out')]],
  ])('counts each once: %#', (layers, expected) => {
    expect(foreignLayersLeftOut(layers, 'app:1')).toEqual(expected);
  });
});
