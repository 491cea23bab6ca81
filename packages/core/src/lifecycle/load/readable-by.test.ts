import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { baseImage } from '../../../testing/base-image.js';
import { candidateOf } from '../../../testing/candidate.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { EmbeddedEngine } from '../../engine/embedded.js';
import { MediaType } from '../../oci/media-types.js';
import { imagesOf } from '../../transfer/graph/graph.js';
import { convertForEngine } from './readable-by.js';

const image = (compression: 'gzip' | 'zstd') =>
  baseImage('app:1', [['etc/passwd']], { compression });

async function start(takesZstd: boolean) {
  const { workspace, call, events, cwd } = await workspaceOf();
  const store = new EmbeddedEngine(await temporaryFolder(), { now: Date.now });
  let asked = 0;
  const engine = Object.assign(store, {
    takesZstd: async () => {
      asked++;
      return takesZstd;
    },
  });
  const candidates = [
    await candidateOf(await image('zstd')),
    await candidateOf(await image('gzip')),
  ];
  const convert = (given = candidates) => convertForEngine(workspace, engine, given, call);
  const spooled = () => readdir(join(cwd, '.stowage/spool')).catch(() => []);
  return { candidates, convert, events, spooled, asked: () => asked };
}

const typesOf = ({ images }: Awaited<ReturnType<typeof convertForEngine>>) =>
  images.map(({ graph }) => imagesOf(graph)[0]?.layers[0]?.mediaType);

it('an engine that reads zstd gets the images as they are', async () => {
  const { convert, candidates, events } = await start(true);
  await using readable = await convert();
  expect(typesOf(readable)).toEqual([MediaType.layerZstd, MediaType.layerGzip]);
  expect(readable.images.map(({ graph }) => graph)).toEqual(candidates.map(({ graph }) => graph));
  expect(events).toEqual([]);
});

it('another engine gets zstd layers decompressed, and is told so', async () => {
  const { convert, candidates, events } = await start(false);
  await using readable = await convert();
  expect(typesOf(readable)).toEqual([MediaType.layer, MediaType.layerGzip]);
  expect(readable.images.map(({ candidate }) => candidate)).toEqual(candidates);
  const text = 'decompressing zstd layers, which this engine cannot read';
  expect(events).toEqual([{ type: 'step', subject: './x.tar', text }]);
});

it('an engine is not asked for images without zstd', async () => {
  const { convert, candidates, asked } = await start(false);
  await using readable = await convert(candidates.slice(1));
  expect([readable.images.length, asked()]).toEqual([1, 0]);
});

it('decompressed layers are deleted afterwards', async () => {
  const { convert, spooled } = await start(false);
  await (await convert())[Symbol.asyncDispose]();
  expect(await spooled()).toEqual([]);
});
