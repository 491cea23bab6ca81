import { describe, expect, it } from 'vitest';
import { storeWith } from '../../../testing/image.js';
import { chainIds } from '../../oci/config.js';
import { digestOf } from '../../oci/digest.js';
import { Fields } from './fields.js';
import { imagesOf } from '../../transfer/graph/graph.js';
import { walk } from '../../transfer/graph/walk.js';
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

describe('the contents of images', () => {
  const ids = [digestOf(Buffer.from('x')), digestOf(Buffer.from('y'))];
  type Image = {
    readonly layers?: readonly string[];
    readonly history?: readonly number[];
    readonly Size?: number;
    readonly Manifests?: unknown;
    readonly shared?: number;
  };

  /** The parts of each of some images. */
  async function contents(images: readonly Image[], { driver = 'overlay2', tells = false } = {}) {
    const answers: Record<string, unknown> = { '/info': { Driver: driver } };
    const listed = images.map(({ shared = -1 }, at) => ({ Id: ids[at], SharedSize: shared }));
    answers['/images/json'] = answers['/images/json?shared-size=true'] = listed;
    answers['/system/df'] = { Images: listed };
    for (const [at, { layers = [A, B], history, Size = 30, Manifests }] of images.entries()) {
      const path = `/images/${ids[at] ?? ''}`;
      answers[`${path}/json`] = { Id: ids[at], Size, RootFS: { Layers: layers }, Manifests };
      answers[`${path}/history`] = history?.map((size) => ({ Size: size }));
    }
    const found = await dockerContents(engine(answers, tells));
    return ids.map((id) => found.get(id));
  }
  const [first = '', second = ''] = chainIds([A, B]);

  it('are its layers by chain ID; the history has the highest first', async () => {
    expect((await contents([{ history: [20, 0, 10] }]))[0]).toEqual([
      { id: first, bytes: 10 },
      { id: second, bytes: 20 },
    ]);
  });

  it('are taken for equal without a history, or with an empty layer', async () => {
    const one = [
      { id: first, bytes: 15 },
      { id: second, bytes: 15 },
    ];
    expect((await contents([{}]))[0]).toEqual(one);
    expect((await contents([{ history: [30] }]))[0]).toEqual(one);
  });

  it('are one part of an image without layers', async () => {
    expect((await contents([{ layers: [], Size: 0 }]))[0]).toEqual([{ id: ids[0], bytes: 0 }]);
  });

  it.each([false, true])('are what images share and what they do not (%s)', async (tells) => {
    const parts = await contents(
      [{ shared: 12 }, { layers: [A, digestOf(Buffer.from('c'))], Size: 15, shared: 12 }],
      { tells },
    );
    expect(parts.map((each) => each?.map(({ bytes }) => bytes))).toEqual([
      [12, 18],
      [12, 3],
    ]);
    expect(parts[0]?.[0]?.id).toBe(parts[1]?.[0]?.id);
  });

  it('are a copy of all layers below in each, with vfs', async () => {
    const [parts] = await contents([{ history: [20, 10] }], { driver: 'vfs' });
    expect(parts?.map(({ bytes }) => bytes)).toEqual([10, 30]);
  });

  it('are content and unpacked layers with containerd, also without a history', async () => {
    const image = { Kind: 'image', ImageData: { Size: { Unpacked: 30 } }, Size: { Total: 70 } };
    const Manifests = [image, { Kind: 'attestation', Size: { Total: 20 } }];
    const bytesOf = async (history?: readonly number[]) =>
      (await contents([{ Manifests, ...(history ? { history } : {}) }], { tells: true }))[0]?.map(
        ({ bytes }) => bytes,
      );
    expect(await bytesOf()).toEqual([45, 45]);
    expect(await bytesOf([20, 10])).toEqual([30, 60]);
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
