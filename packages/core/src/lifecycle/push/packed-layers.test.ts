import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { describe as describeBytes, type Descriptor } from '../../oci/descriptor.js';
import { digestOf } from '../../oci/digest.js';
import { MediaType } from '../../oci/media-types.js';
import { openUploadMemory, PackedLayers } from './packed-layers.js';

const LAYER = digestOf(Buffer.from('layer'));
const packed = (text = 'packed') => describeBytes(MediaType.layerGzip, Buffer.from(text));
const yes = async () => true;
const no = async () => false;
const never = () => expect.unreachable();

async function layers() {
  const cache = join(await temporaryFolder(), 'cache');
  return { cache, open: (how = 'gzip-3') => new PackedLayers(cache, how) };
}

describe('packed layers', () => {
  it('are made once, and remembered by later processes', async () => {
    const { open } = await layers();
    expect(await open().find(LAYER)).toBeUndefined();
    expect(await open().bring(LAYER, never, async () => packed())).toEqual(packed());
    expect(await open().find(LAYER)).toEqual(packed());
    expect(await open().bring(LAYER, yes, never)).toEqual(packed());
    expect(await open('gzip-9').find(LAYER)).toBeUndefined();
  });

  it('are made again for a registry that lacks them', async () => {
    const { open } = await layers();
    await open().bring(LAYER, never, async () => packed());
    expect(await open().bring(LAYER, no, async () => packed('new'))).toEqual(packed('new'));
    expect(await open().find(LAYER)).toEqual(packed('new'));
  });

  it('of several images are made by one push, which the others wait for', async () => {
    const { open } = await layers();
    const one = open();
    let made = 0;
    const make = async (): Promise<Descriptor> => {
      made++;
      await new Promise(setImmediate);
      return packed();
    };
    const all = await Promise.all(Array.from({ length: 4 }, () => one.bring(LAYER, yes, make)));
    expect([made, new Set(all.map(({ digest }) => digest)).size]).toEqual([1, 1]);
  });

  it('whose making fails are made by the next', async () => {
    const { open } = await layers();
    const one = open();
    const failing = one.bring(LAYER, yes, () => Promise.reject(new TypeError('mine')));
    const next = one.bring(LAYER, yes, async () => packed());
    await expect(failing).rejects.toThrow('mine');
    expect(await next).toEqual(packed());
  });

  it.each(['', '{', '[]', '{"digest":"x"}'])(
    'with a damaged memory are made again: %j',
    async (text) => {
      const { open, cache } = await layers();
      await open().bring(LAYER, never, async () => packed());
      const [name = ''] = await readdir(join(cache, 'packed/gzip-3'));
      await writeFile(join(cache, 'packed/gzip-3', name), text);
      expect(await open().find(LAYER)).toBeUndefined();
    },
  );
});

it('the URL of an upload is remembered, privately, until it is forgotten', async () => {
  const cache = join(await temporaryFolder(), 'cache');
  const memory = openUploadMemory(cache);
  expect(await memory.find('r.example/a@x')).toBeUndefined();
  const upload = { url: 'https://r.example/u?token=secret', minChunkBytes: 7 };
  await memory.keep('r.example/a@x', upload);
  expect(await openUploadMemory(cache).find('r.example/a@x')).toEqual(upload);
  expect(await memory.find('r.example/b@x')).toBeUndefined();
  const [name = ''] = await readdir(join(cache, 'uploads'));
  expect((await stat(join(cache, 'uploads', name))).mode & 0o077).toBe(0);
  expect(await readFile(join(cache, 'uploads', name), 'utf8')).not.toContain('r.example/a@x');
  await memory.forget('r.example/a@x');
  await memory.forget('r.example/a@x');
  expect(await memory.find('r.example/a@x')).toBeUndefined();
});
