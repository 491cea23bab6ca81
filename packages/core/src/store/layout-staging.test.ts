import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { storeWith } from '../../testing/image.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { makeFolder } from '../disk/atomic-write.js';
import { layoutLock } from '../disk/leftover-files.js';
import { holdLock } from '../disk/lock.js';
import { copyGraph } from '../transfer/copy.js';
import { tap } from '../transfer/tap.js';
import { walk } from '../transfer/graph/walk.js';
import { openLayout } from './layout-dir.js';
import { LayoutSink } from './layout-sink.js';

const MIB = 1024 ** 2;

/** An image with one layer, and a copy to a layout that counts the bytes it reads of that layer. */
async function setUp() {
  const folder = await temporaryFolder();
  const source = await storeWith('app:1', { layers: 1, bytes: MIB });
  const root = (await source.resolve('app:1')).descriptor;
  const graph = await walk(source, root);
  const layer = graph.nodes.find(({ size }) => size >= MIB);
  const content = layer && source.blobs.get(layer.digest);
  if (!content) throw new Error('the image has no large layer');
  let bytes = 0;
  const read = source.read.bind(source);
  source.read = (descriptor, options) =>
    tap(read(descriptor, options), ({ byteLength }) => {
      if (descriptor.digest === layer.digest) bytes += byteLength;
    });
  const write = async () => {
    bytes = 0;
    await using sink = new LayoutSink(folder);
    await copyGraph(source, graph, sink);
    await sink.tag(root, 'app:1');
    await sink.commit();
    return bytes;
  };
  const partial = join(folder, 'partial');
  const staged = join(partial, `${layer.digest.replace(':', '-')}.writing.partial`);
  return { folder, partial, staged, write, content, half: content.byteLength / 2 };
}

it.each([
  ['half of a layer', 2],
  ['a whole layer', 1],
])('continues from %s that a dead process left', async (_, divisor) => {
  const { folder, partial, staged, write, content } = await setUp();
  const left = content.subarray(0, content.byteLength / divisor);
  await makeFolder(partial);
  await writeFile(staged, left);
  await writeFile(join(partial, `sha256-${'0'.repeat(64)}.writing.partial`), 'of another image');
  expect(await write()).toBe(content.byteLength - left.byteLength);
  expect((await readdir(folder)).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
  await using source = await openLayout(folder);
  expect((await source.resolve('app:1')).descriptor.digest).toMatch(/^sha256:/);
});

it('reads a blob again of which a dead process left damaged bytes', async () => {
  const { partial, staged, write, content, half } = await setUp();
  await makeFolder(partial);
  await writeFile(staged, Buffer.alloc(half, 8));
  // The rest is read before the damage shows, then the whole blob.
  expect(await write()).toBe(half + content.byteLength);
});

it('takes over the lock of a dead process, and leaves a living one alone', async () => {
  const { folder, partial, staged, write, content, half } = await setUp();
  await makeFolder(layoutLock(folder));
  const past = new Date(Date.now() - 60_000);
  await utimes(layoutLock(folder), past, past);
  await writeFile(staged, content.subarray(0, half));
  expect(await write()).toBe(half);
  const other = await holdLock(layoutLock(folder));
  onTestFinished(() => other.release());
  expect(await write()).toBe(0);
  expect(await readdir(partial)).toEqual(['writing.lock']);
});

it('writes beside a process that holds the lock', async () => {
  const { folder, partial, write, content } = await setUp();
  const other = await holdLock(layoutLock(folder));
  onTestFinished(() => other.release());
  expect(await write()).toBe(content.byteLength);
  expect(await readdir(partial)).toEqual(['writing.lock']);
});
