import { describe, expect, it } from 'vitest';
import { storeWith } from '../../../testing/image.js';
import { chainIds } from '../../oci/config.js';
import { digestOf } from '../../oci/digest.js';
import { Fields } from './fields.js';
import { imagesOf } from '../../transfer/graph.js';
import { walk } from '../../transfer/walk.js';
import type { DockerApi } from './docker-api.js';
import { dockerContents, dockerHolds } from './docker-contents.js';

const [A, B] = [digestOf(Buffer.from('a')), digestOf(Buffer.from('b'))];

/** An engine that answers each path with a document. */
const engine = (answers: Readonly<Record<string, unknown>>, tellsManifests = false) =>
  ({
    speaks: () => tellsManifests,
    object: async (_method: string, path: string) => new Fields(answers[path], path),
    list: async (path: string) => Fields.listOf(answers[path] ?? [], path),
  }) as unknown as DockerApi;

describe('the contents of an image', () => {
  const contents = (sizes: readonly number[], layers: readonly string[] = [A, B]) =>
    dockerContents(
      engine({
        '/images/x/json': { Size: 30, RootFS: { Layers: layers } },
        '/images/x/history': sizes.map((Size) => ({ Size })),
      }),
      'x',
    );

  it('are its layers by chain ID; the history has the highest first', async () => {
    const [first = '', second = ''] = chainIds([A, B]);
    expect(await contents([20, 0, 10])).toEqual([
      { id: first, bytes: 10 },
      { id: second, bytes: 20 },
    ]);
  });

  it('are one part where sizes cannot be matched to layers', async () => {
    expect(await contents([30])).toEqual([{ id: 'x', bytes: 30 }]);
  });

  it('are content and unpacked layers with containerd, also without a history', async () => {
    const Manifests = [{ Size: { Total: 70 } }, { Size: { Total: 20 } }];
    const image = { Size: 30, RootFS: { Layers: [A, B] }, Manifests };
    const of = (history: unknown) =>
      dockerContents(engine({ '/images/x/json': image, '/images/x/history': history }, true), 'x');
    expect(await of(null)).toEqual([{ id: 'x', bytes: 90 }]);
    expect((await of([{ Size: 20 }, { Size: 10 }])).map(({ bytes }) => bytes)).toEqual([30, 60]);
  });
});

describe('the layers that an engine holds', () => {
  async function held(
    layers: (diffIds: readonly string[]) => readonly string[],
    status: unknown = [],
    tellsManifests = false,
  ) {
    const store = await storeWith('app:1', { layers: 2 });
    const graph = await walk(store, (await store.resolve()).descriptor);
    const [image] = imagesOf(graph);
    const diffIds = image?.config.diffIds ?? [];
    const answers = {
      '/info': { DriverStatus: status },
      '/images/json': [{ Id: 'x' }],
      '/images/x/json': { RootFS: { Layers: layers(diffIds) } },
    };
    const found = await dockerHolds(engine(answers, tellsManifests), graph);
    return (image?.layers ?? []).map(({ digest }) => found.has(digest));
  }

  it('are those that an image of it has, on the same layers below', async () => {
    expect(await held((diffIds) => diffIds)).toEqual([true, true]);
    expect(await held(([first = '']) => [first])).toEqual([true, false]);
    expect(await held(([, second = '']) => [second])).toEqual([false, false]);
    expect(await held(([first = '', second = '']) => [A, first, second])).toEqual([false, false]);
  });

  it('are none with the containerd image store, unless it says after a load what is missing', async () => {
    const status = [['driver-type', 'io.containerd.snapshotter.v1']];
    expect(await held((diffIds) => diffIds, status)).toEqual([false, false]);
    expect(await held((diffIds) => diffIds, status, true)).toEqual([true, true]);
  });
});
