import { expect, it } from 'vitest';
import { storeWith } from '../../testing/image.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { copy } from './copy.js';
import { requireHeld } from './require-held.js';
import { walk } from './graph/walk.js';

/** An image whose last layer its source lacks. */
async function start() {
  const source = await storeWith('app:1');
  const whole = await storeWith('app:1');
  const { descriptor } = await source.resolve();
  const layer = [...source.blobs].filter(([, bytes]) => bytes.byteLength > 2000).at(-1)?.[0];
  if (layer) source.blobs.delete(layer);
  const graph = await walk(source, descriptor, { missing: 'report' });
  return { source, whole, graph, layer };
}

it('a destination that has what the source lacks is enough', async () => {
  const { source, whole, graph } = await start();
  const sink = new MemoryStore();
  await copy(whole, undefined, sink);
  await sink.commit();
  await expect(requireHeld({ source, graph }, sink, {})).resolves.toBeUndefined();
});

it('what both lack is INCOMPLETE, and named', async () => {
  const { source, graph, layer } = await start();
  await expect(requireHeld({ source, graph }, new MemoryStore(), {})).rejects.toMatchObject({
    code: 'INCOMPLETE',
    message: expect.stringContaining(layer ?? '-') as string,
  });
});

it('a destination is not asked for a whole image', async () => {
  const { whole } = await start();
  const graph = await walk(whole, (await whole.resolve()).descriptor);
  const sink = Object.assign(new MemoryStore(), { begin: () => expect.unreachable() });
  await requireHeld({ source: whole, graph }, sink, {});
});
