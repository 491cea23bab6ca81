import { expect, it } from 'vitest';
import { engineContract } from '../../../testing/contracts/engine.js';
import { storeWith } from '../../../testing/image.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { copy } from '../../transfer/copy.js';
import { EmbeddedEngine } from '../embedded.js';
import type { Engine } from '../engine.js';
import { Nodes } from './nodes.js';

const ONE = 'docker.io/team/app:1';
const TWO = 'docker.io/team/app:2';

/** A cluster of embedded stores in place of nodes. */
async function clusterOf(count: number) {
  const nodes: Engine[] = [];
  for (let n = 0; n < count; n++)
    nodes.push(new EmbeddedEngine(await temporaryFolder(), { now: Date.now }));
  return { cluster: new Nodes('kind:test', nodes), nodes };
}

async function load(engine: Engine | undefined, reference: string, seed = 'same'): Promise<void> {
  await using content = await storeWith(reference, { seed });
  await using sink = engine?.sink();
  if (!sink) throw new Error('expected an engine');
  await copy(content, undefined, sink);
  await sink.commit();
}

engineContract('a cluster of three nodes', async () => (await clusterOf(3)).cluster);

it('writes an image to every node', async () => {
  const { cluster, nodes } = await clusterOf(2);
  await load(cluster, ONE);
  const ids = await Promise.all(nodes.map(async (node) => (await node.inspect(ONE))?.id));
  expect(ids[0]).toBeDefined();
  expect(ids).toEqual([ids[0], ids[0]]);
});

it('does not have an image, a name or a blob that a node lacks', async () => {
  const { cluster, nodes } = await clusterOf(2);
  await load(nodes[0], ONE);
  expect(await cluster.inspect(ONE)).toBeUndefined();
  await load(nodes[1], ONE);
  await nodes[0]?.tag(ONE, TWO);
  expect((await cluster.inspect(ONE))?.references).toEqual([ONE]);
  await load(nodes[1], TWO, 'other');
  expect(await cluster.inspect(TWO)).toBeUndefined();
});

it('lists images of any node once, and removes them from the nodes that have them', async () => {
  const { cluster, nodes } = await clusterOf(2);
  await load(cluster, ONE);
  await load(nodes[1], TWO, 'other');
  expect((await cluster.list()).flatMap(({ references }) => references).sort()).toEqual([ONE, TWO]);
  await cluster.remove(TWO);
  await cluster.remove(ONE);
  expect(await cluster.list()).toEqual([]);
  await expect(cluster.remove(ONE)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

it('tells which names and pins an image has on any node', async () => {
  const { cluster, nodes } = await clusterOf(3);
  await load(cluster, ONE);
  const [first, second] = nodes;
  const image = await first?.inspect(ONE);
  if (!first || !second || !image) throw new Error('expected an image');
  second.inspect = async () => ({ ...image, withoutDigest: [ONE] });
  first.list = async () => [{ ...image, pinnedBy: 'label' }];
  expect(await cluster.inspect(ONE)).toMatchObject({ withoutDigest: [ONE] });
  expect(await cluster.list()).toMatchObject([{ id: image.id, pinnedBy: 'label' }]);
});

it('needs at least one node', () => {
  expect(() => new Nodes('kind:test', [])).toThrow(TypeError);
});
