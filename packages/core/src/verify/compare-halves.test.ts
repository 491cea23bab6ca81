import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { changeItems, flipped, repack, type Item, type Members } from '../../testing/repack.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { openArchive } from '../archive/open-archive.js';
import { digestOf } from '../oci/digest.js';
import { verifySource } from './verify-source.js';

const GOLDEN = join(import.meta.dirname, '../../testing/golden');
const APP = 'docker.io/golden/app:v1';

async function repackAndVerify(
  file: string,
  change: (members: Members) => void,
  reference?: string,
) {
  const path = join(await temporaryFolder(), 'x.tar');
  await repack(join(GOLDEN, file), path, change);
  const { source, halves, half } = await openArchive(path);
  await using open = source;
  const { problems, notices, bytes } = await verifySource(open, { halves, half, reference });
  return { half, notices, bytes, problems: problems.map(({ code, message }) => [code, message]) };
}

/** Adds a config with the same layers and another command. @returns its path */
function addOther(members: Members, { Config }: Item): string {
  const config = JSON.parse(String(members.get(Config))) as { config?: object };
  const bytes = Buffer.from(JSON.stringify({ ...config, config: { Cmd: ['/other'] } }));
  const path = `blobs/${digestOf(bytes).replace(':', '/')}`;
  members.set(path, bytes);
  return path;
}

/** Gives the docker half separate copies of its layers, changed by `change`. */
function ownLayers(members: Members, change: (body: Buffer) => Buffer, suffix = ''): void {
  changeItems(members, (items) =>
    items.map((item, n) => ({
      ...item,
      Layers: item.Layers.map((path, at) => {
        members.set(`${n}/${at}${suffix}`, change(members.get(path) ?? Buffer.alloc(0)));
        return `${n}/${at}${suffix}`;
      }),
    })),
  );
}

const first = (items: Item[], change: (item: Item) => Partial<Item>): Item[] =>
  items.map((item, at) => (at === 0 ? { ...item, ...change(item) } : item));

type Case = [what: string, change: (members: Members) => void, codes: readonly string[], RegExp];

describe('a hybrid archive whose OCI half is read', () => {
  it.each<Case>([
    [
      'a different image in the docker half',
      (members) =>
        changeItems(members, (items) =>
          first(items, (item) => ({ Config: addOther(members, item) })),
        ),
      ['INCOMPLETE', 'INVALID'],
      /^docker-archive:.*app.*another image .* than oci-archive:.* describes/,
    ],
    [
      'a damaged layer of the docker half alone',
      (members) => ownLayers(members, (body) => flipped(body, body.length - 1)),
      ['CORRUPT'],
      /^docker-archive:.*0\/0: expected sha256:/,
    ],
    [
      'a damaged config of the docker half alone',
      (members) =>
        changeItems(members, (items) =>
          first(items, ({ Config }) => {
            const path = `${Config.slice(-64)}.json`;
            members.set(path, flipped(members.get(Config), 30));
            return { Config: path };
          }),
        ),
      ['CORRUPT'],
      /^docker-archive:.*\.json: the content has another digest than its path says/,
    ],
    [
      'no image in the docker half',
      (members) => changeItems(members, () => []),
      ['INCOMPLETE'],
      /^docker-archive:.*docker\.io\/.*is in the OCI half/,
    ],
    [
      'a layer that only the docker half lacks',
      (members) =>
        changeItems(members, (items) =>
          first(items, ({ Layers }) => ({ Layers: Layers.map((path) => `${path}x`) })),
        ),
      ['INCOMPLETE'],
      /^docker-archive:.* is missing/,
    ],
    [
      'swapped names in the docker half',
      (members) =>
        changeItems(members, (items) =>
          items.map((item, at) => ({
            ...item,
            RepoTags: items[items.length - 1 - at]?.RepoTags ?? null,
          })),
        ),
      ['INVALID'],
      /^docker-archive:.*another image .* than .* describes/,
    ],
  ])('with %s has problems', async (_what, change, codes, message) => {
    const { half, problems } = await repackAndVerify('docker-25.tar', change);
    expect(half).toBe('oci');
    expect([...new Set(problems.map(([code]) => code))].sort()).toEqual(codes);
    expect(problems.map(([, text]) => text).join('\n')).toMatch(new RegExp(message, 'm'));
  });

  it('has the problems of both halves reported together', async () => {
    const { problems } = await repackAndVerify('docker-25.tar', (members) => {
      const layers: string[] = [];
      changeItems(members, (items) => {
        layers.push(...items.flatMap(({ Layers }) => Layers));
        return items;
      });
      ownLayers(members, (body) => flipped(body, 5));
      for (const path of layers) members.set(path, flipped(members.get(path), 7));
    });
    const of = (half: string) => problems.filter(([, message]) => message?.startsWith(half));
    expect(of('oci-archive:').length).toBeGreaterThan(0);
    expect(of('docker-archive:').length).toBe(of('oci-archive:').length);
  });

  it('has no problems as Docker wrote it, and its shared content is hashed once', async () => {
    const { problems, notices, bytes } = await repackAndVerify('docker-25.tar', () => undefined);
    expect({ problems, notices }).toEqual({ problems: [], notices: [] });
    const path = join(GOLDEN, 'docker-25.tar');
    await using source = (await openArchive(path)).source;
    expect(bytes).toBe((await verifySource(source)).bytes);
  });

  it('may have the same layers compressed in one half only', async () => {
    const { problems } = await repackAndVerify('docker-25.tar', (members) =>
      ownLayers(members, (body) => gzipSync(body), '.tar.gz'),
    );
    expect(problems).toEqual([]);
  });

  it('gets a notice for a name that only the docker half has', async () => {
    const { problems, notices } = await repackAndVerify('docker-25.tar', (members) =>
      changeItems(members, (items) => first(items, () => ({ RepoTags: ['only/docker:1'] }))),
    );
    expect(problems).toEqual([]);
    expect(notices.join()).toContain('docker.io/only/docker:1');
  });

  it('is compared only for the given image', async () => {
    const change = (members: Members) =>
      changeItems(members, (items) =>
        items.map((item) =>
          item.RepoTags?.includes('golden/app:v1')
            ? item
            : { ...item, Config: addOther(members, item) },
        ),
      );
    expect((await repackAndVerify('docker-25.tar', change)).problems).not.toEqual([]);
    expect((await repackAndVerify('docker-25.tar', change, APP)).problems).toEqual([]);
  });
});

describe('a hybrid archive whose docker half is read', () => {
  it('has no problems when its OCI half is broken as Docker 25.0 wrote it', async () => {
    for (const broken of ['misordered', 'no-layers', 'wrong-sizes', 'null']) {
      const { half, problems } = await repackAndVerify(
        `docker-25.0-${broken}.tar`,
        () => undefined,
      );
      expect({ half, problems }, broken).toEqual({ half: 'docker', problems: [] });
    }
  });

  it('has a problem when its OCI half has a different image', async () => {
    const { half, problems } = await repackAndVerify('docker-25.0-misordered.tar', (members) =>
      changeItems(members, (items) =>
        first(items, (item) => ({ Config: addOther(members, item) })),
      ),
    );
    expect(half).toBe('docker');
    expect(problems).toEqual([
      [
        'INVALID',
        expect.stringMatching(/^oci-archive:.*manifest\.json does not describe this image$/),
      ],
    ]);
  });
});
