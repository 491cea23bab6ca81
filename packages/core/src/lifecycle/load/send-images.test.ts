import { expect, it } from 'vitest';
import { candidateOf } from '../../../testing/candidate.js';
import { storeWith } from '../../../testing/image.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { EmbeddedEngine } from '../../engine/embedded.js';
import type { EngineKind } from '../../engine/engine.js';
import { ImageError } from '../../errors.js';
import type { Graph } from '../../transfer/graph/graph.js';
import type { Sink } from '../../transfer/store.js';
import { sendImages } from './send-images.js';

/** The embedded store as an engine of another kind, whose next commit can fail. */
async function start() {
  const { workspace, call, events } = await workspaceOf();
  const store = new EmbeddedEngine(await temporaryFolder(), { now: Date.now });
  /** The number of blobs and manifests of each image that was sent. */
  const sent: number[] = [];
  const errors: ImageError[] = [];
  const openSink = store.sink.bind(store);
  const engine = Object.assign(store, {
    kind: 'docker' as EngineKind as 'embedded',
    sink: (): Sink => {
      const sink = openSink();
      const [begin, commit] = [sink.begin.bind(sink), sink.commit.bind(sink)];
      return Object.assign(sink, {
        begin: async (graph: Graph) => {
          sent.push(graph.nodes.length);
          return begin(graph);
        },
        commit: async () => {
          const error = errors.shift();
          if (error) throw error;
          return commit();
        },
      });
    },
  });
  const send = async (...names: readonly string[]) => {
    const candidates = await Promise.all(
      names.map(async (seed) => candidateOf(await storeWith(`${seed}:1`, { seed, layers: 1 }))),
    );
    sent.length = 0;
    const options = { ...call, concurrency: 4 };
    const { bytes } = await sendImages(workspace, engine, candidates, options);
    return { candidates, bytes: candidates.map((each) => bytes.get(each) ?? 0) };
  };
  const refuseNext = (error: ImageError) => void errors.push(error);
  return { engine, send, sent, events, refuseNext };
}

it('images are sent together, each with the bytes that it took', async () => {
  const { engine, send } = await start();
  const { bytes } = await send('a', 'b');
  for (const count of bytes) expect(count).toBeGreaterThan(2000);
  expect((await engine.list()).flatMap(({ references }) => references).sort()).toEqual([
    'docker.io/library/a:1',
    'docker.io/library/b:1',
  ]);
});

const INVALID = new ImageError('INVALID', 'no layer');

it('blobs that the engine has are not sent again', async () => {
  const { send, sent } = await start();
  await send('a');
  expect(sent).toEqual([3]);
  await send('a');
  expect(sent).toEqual([2]);
});

it('all are sent to an engine that refuses an image without them, with a notice', async () => {
  const { send, refuseNext, sent, events } = await start();
  await send('a');
  refuseNext(INVALID);
  await send('a');
  expect(sent).toEqual([2, 3]);
  const text = 'no layer; sending all layers';
  expect(events).toContainEqual({ type: 'notice', text });
});

it('an image that the engine refuses with everything is an error', async () => {
  const { send, refuseNext, engine } = await start();
  refuseNext(INVALID);
  await expect(send('a')).rejects.toBe(INVALID);
  expect(await engine.list()).toEqual([]);
});

it('an error of another kind is not tried again', async () => {
  const { send, refuseNext, sent } = await start();
  await send('a');
  const gone = new ImageError('UNAVAILABLE', 'no engine');
  refuseNext(gone);
  await expect(send('a')).rejects.toBe(gone);
  expect(sent).toEqual([2]);
});
