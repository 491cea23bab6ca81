import { describe, expect, it } from 'vitest';
import { storeWith } from '../../../testing/image.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { ensureInEngine } from '../../build/put-into.js';
import { EmbeddedEngine } from '../../engine/embedded.js';
import type { Engine, EngineImage } from '../../engine/engine.js';
import { ImageError } from '../../errors.js';
import type { Opened } from '../../open.js';
import type { Sink } from '../../transfer/store.js';
import { applyLoad } from './apply-load.js';
import { planLoad } from './plan-load.js';

async function start(change: (store: EmbeddedEngine) => Partial<Engine> = () => ({})) {
  const { workspace, call } = await workspaceOf();
  const store = new EmbeddedEngine(await temporaryFolder(), { now: Date.now });
  const source = await storeWith('app:1');
  const at: Opened = { source, kind: 'oci-archive', compression: 'none', notices: [] };
  const planned = (as?: string) => planLoad(store, [{ input: './x.tar', at }], { as });
  const engine = Object.assign(store, change(store)) as Engine;
  const apply = async (as?: string) =>
    applyLoad(workspace, engine, await planned(as), { ...call, concurrency: 4 });
  const names = async () => (await store.list()).flatMap(({ references }) => references).sort();
  return { store, source, planned, apply, names, workspace, call, engine };
}

const failingCommit =
  (error: ImageError) =>
  (store: EmbeddedEngine): Partial<Engine> => {
    const sink = store.sink.bind(store);
    return { sink: (): Sink => Object.assign(sink(), { commit: () => Promise.reject(error) }) };
  };

describe('a load', () => {
  it('sends what the engine lacks, and confirms the name', async () => {
    const { apply, store } = await start();
    const [result] = await apply();
    const image = await store.inspect('app:1');
    expect(result).toMatchObject({ action: 'loaded', imageId: image?.id });
    expect(result?.bytesSent).toBeGreaterThan(0);
  });

  it('adds only the name to an image that the engine has', async () => {
    const { apply, source, store, names } = await start();
    await ensureInEngine(store, source, 'app:1');
    await store.tag('app:1', 'other:1');
    await store.remove('app:1');
    expect(await apply()).toMatchObject([{ action: 'retagged', bytesSent: 0 }]);
    expect(await names()).toEqual(['docker.io/library/app:1', 'docker.io/library/other:1']);
  });

  it('of an image without a name to give finds it by its digest', async () => {
    const { apply, source } = await start();
    const { digest } = (await source.resolve()).descriptor;
    expect(await apply(`app@${digest}`)).toMatchObject([{ action: 'loaded', imageId: digest }]);
  });

  it('is a CONFLICT if another process changes the name meanwhile', async () => {
    const other: EngineImage = {
      ...{ id: `sha256:${'0'.repeat(64)}`, references: [], digests: [], size: 0 },
    };
    const { planned, workspace, call, engine } = await start();
    const plan = await planned();
    const changed = Object.assign(engine, { inspect: async () => other });
    await expect(
      applyLoad(workspace, changed, plan, { ...call, concurrency: 4 }),
    ).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(other.id) as string,
    });
  });
});

describe('an engine that refuses an image', () => {
  it('is an error as it is, while there is space', async () => {
    const refused = new ImageError('INVALID', 'refused');
    const { apply } = await start(failingCommit(refused));
    await expect(apply()).rejects.toBe(refused);
  });
});

it('an image that does not fit is NO_SPACE before anything is sent', async () => {
  const { planned, workspace, call, engine, names } = await start();
  const [plan] = await planned();
  if (!plan) throw new Error('expected a plan');
  const { graph } = plan.candidate;
  const huge = graph.nodes.map((node) => ({ ...node, size: Number.MAX_SAFE_INTEGER / 8 }));
  const given = { ...plan, candidate: { ...plan.candidate, graph: { ...graph, nodes: huge } } };
  await expect(
    applyLoad(workspace, engine, [given], { ...call, concurrency: 4 }),
  ).rejects.toMatchObject({
    code: 'NO_SPACE',
  });
  expect(await names()).toEqual([]);
});
