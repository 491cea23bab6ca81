import { describe, expect, it } from 'vitest';
import { baseImage } from '../../testing/base-image.js';
import { writeIndex, writeReferrer, storeWith } from '../../testing/image.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { parseDefinition } from '../definition/definition.js';
import { EmbeddedEngine } from '../engine/embedded.js';
import type { Digest } from '../oci/digest.js';
import type { Platform } from '../oci/platform.js';
import { imagesOf } from '../transfer/graph/graph.js';
import type { Source } from '../transfer/store.js';
import { walk } from '../transfer/graph/walk.js';
import { composeImage } from './compose-image.js';
import type { Base, MakeOptions } from './make-options.js';
import { ensureInEngine } from './put-into.js';

const AMD64 = { os: 'linux', architecture: 'amd64' };
const HEAD = 'project: app\nos: debian-12\nvariant: x\nlabels: { a: b }\n';

async function compose(
  base: Base | undefined,
  {
    platform = AMD64,
    engine = () => expect.unreachable(),
  }: { readonly platform?: Platform; readonly engine?: MakeOptions['engine'] } = {},
) {
  const folder = await temporaryFolder();
  const definition = parseDefinition({ text: HEAD, path: 'image.yaml' });
  return composeImage(definition, {
    ...{ context: folder, files: [], base, platform, epoch: 0, engine },
    ...{ spoolFolder: folder, layersFolder: folder },
  });
}

const on = (source: Source): Base => ({ reference: 'base:1', source });
const layersOf = async (source: Source) => {
  const [image] = imagesOf(await walk(source, (await source.resolve()).descriptor));
  return image?.layers.map(({ digest }) => digest);
};

describe('an image that is composed', () => {
  it('has the layers of its base, and with no files no more', async () => {
    const base = await baseImage('base:1', [['etc/'], ['etc/passwd']]);
    await using composed = await compose(on(base));
    expect(await layersOf(composed)).toEqual(await layersOf(base));
  });

  it('is the same for the same inputs', async () => {
    const base = await baseImage('base:1', [['etc/']]);
    const digests = new Set<Digest>();
    for (let times = 0; times < 2; times++) {
      await using composed = await compose(on(base));
      digests.add((await composed.resolve()).descriptor.digest);
    }
    expect(digests.size).toBe(1);
  });

  it('takes its platform of a base of several', async () => {
    const store = new MemoryStore();
    const arm64 = { os: 'linux', architecture: 'arm64' };
    await writeIndex(store, 'base:1', [AMD64, arm64]);
    const platforms = [];
    for (const platform of [AMD64, arm64]) {
      await using composed = await compose(on(store), { platform });
      const graph = await walk(composed, (await composed.resolve()).descriptor);
      platforms.push(imagesOf(graph)[0]?.config.platform.architecture);
    }
    expect(platforms).toEqual(['amd64', 'arm64']);
  });

  it('takes a base that only the engine has from there, and closes it', async () => {
    const engine = new EmbeddedEngine(await temporaryFolder(), { now: Date.now });
    const base = await baseImage('base:1', [['etc/']]);
    await ensureInEngine(engine, base, 'base:1');
    let open = 0;
    const exported = Object.assign(engine, {
      source: async (): Promise<Source> => {
        open++;
        return Object.assign(await baseImage('base:1', [['etc/']]), {
          [Symbol.asyncDispose]: async () => void open--,
        });
      },
    });
    const composed = await compose({ reference: 'base:1' }, { engine: async () => exported });
    expect([await layersOf(composed), open]).toEqual([await layersOf(base), 1]);
    await composed[Symbol.asyncDispose]();
    expect(open).toBe(0);
    const s390x = { os: 'linux', architecture: 's390x' };
    const wrong = compose(
      { reference: 'base:1' },
      { platform: s390x, engine: async () => exported },
    );
    await expect(wrong).rejects.toMatchObject({ code: 'INVALID' });
    expect(open).toBe(0);
  });
});

describe('a base', () => {
  it('for another platform is refused, with both named', async () => {
    const platform = { os: 'linux', architecture: 's390x' };
    const making = compose(on(await storeWith('base:1')), { platform });
    await expect(making).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringMatching(/is for linux\/amd64, not for linux\/s390x/) as string,
    });
  });

  it('that is an artifact is refused', async () => {
    const store = await storeWith('app:1');
    const { descriptor } = await store.resolve();
    const artifact = await writeReferrer(store, descriptor, { artifactType: 'text/x' });
    await store.tag(artifact, 'base:1');
    await store.commit();
    await expect(compose(on(store))).rejects.toThrow(/is an artifact, not an image/);
  });

  it('that is not there is NOT_FOUND', async () => {
    await expect(compose(on(await storeWith('other:1')))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});
