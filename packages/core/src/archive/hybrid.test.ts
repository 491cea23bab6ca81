import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { haul, HAULED } from '../../testing/haul.js';
import { changeItems, repack, type Members } from '../../testing/repack.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { Parts } from '../disk/parts.js';
import { LayoutSource } from '../transfer/layout-source.js';
import { readItems } from './docker-archive.js';
import { dockerHalf, ociHalf } from './hybrid.js';
import { TarFile } from './tar/tar-file.js';

const GOLDEN = join(import.meta.dirname, '../../testing/golden');

/** Both halves of `docker-25.tar`, changed. */
async function halves(
  change: (members: Members) => void = () => undefined,
  from = 'docker-25.tar',
) {
  const path = join(await temporaryFolder(), 'x.tar');
  if (from === '') {
    const { layout } = await haul({ isHybrid: true });
    await layout.write(path);
  } else await repack(join(GOLDEN, from), path, change);
  const tar = await TarFile.open(await Parts.open([path]));
  const items = await readItems(tar);
  const source = await LayoutSource.open(`oci-archive:${path}`, tar);
  return { tar, items, source };
}

function changeIndex(members: Members, change: (manifests: Entry[]) => unknown[]): void {
  const index = JSON.parse(String(members.get('index.json'))) as { manifests: Entry[] };
  const manifests = change(index.manifests);
  members.set('index.json', Buffer.from(JSON.stringify({ ...index, manifests })));
}

interface Entry {
  digest: string;
  annotations?: Record<string, string>;
}

async function namesOf(source: LayoutSource | undefined): Promise<(string | undefined)[]> {
  const names = [];
  for await (const { reference } of source?.list() ?? []) names.push(reference);
  return names;
}

describe('the OCI half of a hybrid archive', () => {
  it('has the names of the docker half where its own entries have none', async () => {
    const { tar, items, source } = await halves((members) => {
      changeIndex(members, ([entry]) => (entry ? [{ ...entry, annotations: {} }] : []));
      changeItems(members, (list) => list.map((item) => ({ ...item, RepoTags: ['x:1', 'y:2'] })));
    });
    await using _ = tar;
    expect(await namesOf(await ociHalf(source, tar, items))).toEqual([
      'docker.io/library/x:1',
      'docker.io/library/y:2',
    ]);
  });

  it('gives no name twice', async () => {
    const { tar, items, source } = await halves((members) => {
      changeIndex(members, ([entry]) => {
        const named = { 'io.containerd.image.name': 'docker.io/library/x:1' };
        return entry
          ? [
              { ...entry, annotations: {} },
              { ...entry, annotations: named },
            ]
          : [];
      });
      changeItems(members, (list) => list.map((item) => ({ ...item, RepoTags: ['x:1'] })));
    });
    await using _ = tar;
    const names = await namesOf(await ociHalf(source, tar, items));
    expect(names.filter((name) => name === 'docker.io/library/x:1')).toHaveLength(1);
  });

  it('is not read when an image of the docker half is not in it', async () => {
    const { tar, items, source } = await halves((members) => changeIndex(members, () => []));
    await using _ = tar;
    expect(await ociHalf(source, tar, items)).toBeUndefined();
  });

  it.each([
    'docker-25.0-no-layers.tar',
    'docker-25.0-wrong-sizes.tar',
    'docker-25.0-misordered.tar',
  ])('is not read when it contradicts its configs: %s', async (file) => {
    const { tar, items, source } = await halves(undefined, file);
    await using _ = tar;
    expect(await ociHalf(source, tar, items)).toBeUndefined();
  });

  it('with a damaged manifest is an error', async () => {
    const { tar, items, source } = await halves((members) => {
      const { manifests } = JSON.parse(String(members.get('index.json'))) as { manifests: Entry[] };
      const path = `blobs/${manifests[0]?.digest.replace(':', '/')}`;
      const bytes = Buffer.from(members.get(path) ?? '');
      bytes[bytes.length - 2] = 0x20;
      members.set(path, bytes);
    });
    await using _ = tar;
    await expect(ociHalf(source, tar, items)).rejects.toMatchObject({ code: 'CORRUPT' });
  });
});

describe('the docker half of a hybrid archive', () => {
  it('has each image alone, with its names and its config', async () => {
    const { tar, items } = await halves(undefined, '');
    await using _ = tar;
    const { location, images } = await dockerHalf('docker-archive:x', tar, {
      items,
      limits: undefined,
    });
    expect(location).toBe('docker-archive:x');
    expect(images).toMatchObject([{ references: [HAULED], source: { location } }]);
    expect(images[0]?.config).toMatch(/^sha256:/);
  });

  it('has the error of an image beside the others', async () => {
    const { tar, items } = await halves((members) =>
      changeItems(members, ([first]) => {
        const { Config = '', Layers = [] } = first ?? {};
        return [
          { Config, Layers, RepoTags: ['good:1'] },
          { Config: 'gone.json', RepoTags: ['gone:1'], Layers: [] },
          { Config, Layers: [], RepoTags: ['odd:1'] },
        ];
      }),
    );
    await using _ = tar;
    const { images } = await dockerHalf('x', tar, { items, limits: undefined });
    const [good, gone, odd] = images;
    expect(good?.source).toBeDefined();
    expect(gone).toMatchObject({
      references: ['docker.io/library/gone:1'],
      error: { code: 'INCOMPLETE' },
    });
    expect(gone).not.toHaveProperty('config');
    // Its config could be read.
    expect(odd).toMatchObject({ config: good?.config, error: { code: 'INVALID' } });
  });
});
