import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeWith, writeImage } from '../../testing/image.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { temporaryFolder } from '../../testing/temporary.js';
import type { Compression } from '../compression/detect.js';
import type { EmbeddedName, NamedDescriptor } from '../oci/layout.js';
import { copy } from '../transfer/copy.js';
import { resolveAmong } from '../transfer/graph/resolve.js';
import { referrersOf } from '../transfer/graph/referrers.js';
import { walk } from '../transfer/graph/walk.js';
import { imagesOf } from '../transfer/graph/graph.js';
import { verifySource } from '../verify/verify-source.js';
import { openArchive, type ArchiveKind } from './open-archive.js';

/** Archives written by real tools: see tools/golden/make.sh, and VERSIONS in the same folder. */
const GOLDEN = join(import.meta.dirname, '../../testing/golden');

interface Row {
  readonly file: string;
  readonly kind: ArchiveKind;
  readonly compression?: Compression;
  /** Names of each image, sorted; an image without a name has an empty list. */
  readonly names: readonly (readonly string[])[];
  /** Embedded name of the first image. */
  readonly embedded?: EmbeddedName;
  /** The half of a hybrid that is read; for `docker` a notice is expected too. */
  readonly half?: 'oci' | 'docker';
  /** Number of files that belong to no image. */
  readonly unreferenced?: number;
  /** Number of blobs that an index lists and the archive lacks. */
  readonly missing?: number;
}

const field = (name: EmbeddedName['field']) => (text: string) => ({ field: name, text });
const full = field('io.containerd.image.name');
const ref = field('org.opencontainers.image.ref.name');
const repoTag = field('RepoTags');

const APP = ['docker.io/golden/app:v1'];
const HELLO = ['docker.io/library/hello:1.0'];
const LOCAL = ['localhost/golden/app:v1'];
const ELSEWHERE = ['registry.example.com/golden/app:v1'];

const ROWS: readonly Row[] = [
  {
    file: 'docker-20.tar',
    kind: 'docker-archive',
    names: [APP],
    embedded: repoTag('golden/app:v1'),
  },
  { file: 'docker-20-unnamed.tar', kind: 'docker-archive', names: [[]] },
  {
    file: 'docker-20-several.tar',
    kind: 'docker-archive',
    names: [['docker.io/golden/app:also', ...APP], HELLO],
  },
  {
    file: 'docker-25.tar',
    kind: 'hybrid-archive',
    half: 'oci',
    names: [['docker.io/golden/app:also', ...APP], HELLO],
    embedded: full('docker.io/golden/app:v1'),
  },
  {
    file: 'docker-25-tags-only.tar',
    kind: 'hybrid-archive',
    half: 'oci',
    names: [['docker.io/golden/app:also', ...APP], HELLO],
    embedded: repoTag('golden/app:v1'),
  },
  // The manifest of the unused OCI half is then unreferenced.
  ...['misordered', 'no-layers', 'wrong-sizes'].map(
    (broken): Row => ({
      file: `docker-25.0-${broken}.tar`,
      kind: 'hybrid-archive',
      half: 'docker',
      names: [APP],
      unreferenced: 1,
    }),
  ),
  { file: 'docker-25.0-null.tar', kind: 'hybrid-archive', half: 'docker', names: [APP] },
  { file: 'docker-29-sparse.tar', kind: 'hybrid-archive', half: 'oci', names: [APP], missing: 2 },
  { file: 'podman.tar', kind: 'docker-archive', names: [LOCAL] },
  { file: 'podman-several.tar', kind: 'docker-archive', names: [LOCAL, ['localhost/hello:1.0']] },
  { file: 'podman-oci.tar', kind: 'oci-archive', names: [LOCAL] },
  { file: 'podman-oci.tar.gz', kind: 'oci-archive', compression: 'gzip', names: [LOCAL] },
  { file: 'podman-oci.tar.zst', kind: 'oci-archive', compression: 'zstd', names: [LOCAL] },
  { file: 'podman-oci.tar.xz', kind: 'oci-archive', compression: 'xz', names: [LOCAL] },
  { file: 'podman-oci.tar.bz2', kind: 'oci-archive', compression: 'bzip2', names: [LOCAL] },
  { file: 'buildah-oci.tar', kind: 'oci-archive', names: [APP] },
  {
    file: 'buildx-oci.tar',
    kind: 'oci-archive',
    names: [APP],
    embedded: full('docker.io/golden/app:v1'),
  },
  { file: 'skopeo-unnamed.tar', kind: 'docker-archive', names: [[]] },
  { file: 'skopeo-oci-tag.tar', kind: 'oci-archive', names: [[]], embedded: ref('v1') },
  {
    file: 'skopeo-oci-short.tar',
    kind: 'oci-archive',
    names: [['docker.io/library/nginx:1.21']],
    embedded: ref('nginx:1.21'),
  },
  { file: 'skopeo-oci-unnamed.tar', kind: 'oci-archive', names: [[]] },
  // umoci keeps the blobs of the manifest that it replaced.
  { file: 'umoci-dot-slash.tar', kind: 'oci-archive', names: [[]], unreferenced: 2 },
  { file: 'ctr.tar', kind: 'hybrid-archive', half: 'oci', names: [LOCAL] },
  { file: 'nerdctl-docker-types.tar', kind: 'oci-archive', names: [ELSEWHERE] },
  { file: 'crane.tar', kind: 'docker-archive', names: [ELSEWHERE] },
  { file: 'regctl.tar', kind: 'hybrid-archive', half: 'oci', names: [ELSEWHERE] },
  { file: 'kaniko-dot-slash.tar', kind: 'docker-archive', names: [ELSEWHERE] },
  { file: 'bazel-hard-links.tar', kind: 'docker-archive', names: [APP] },
  { file: 'links.tar', kind: 'docker-archive', names: [APP] },
  { file: 'long-names-gnu.tar', kind: 'docker-archive', names: [APP] },
  { file: 'long-names-pax.tar', kind: 'docker-archive', names: [APP] },
  { file: 'large-sizes-binary.tar', kind: 'docker-archive', names: [APP] },
  { file: 'large-sizes-pax.tar', kind: 'docker-archive', names: [APP] },
  { file: 'nested-index.tar', kind: 'oci-archive', names: [ELSEWHERE] },
  { file: 'sha512.tar', kind: 'oci-archive', names: [ELSEWHERE] },
  { file: 'referrers.tar', kind: 'oci-archive', names: [[], [], ELSEWHERE] },
  {
    file: 'artifact.tar',
    kind: 'oci-archive',
    names: [[], [], ELSEWHERE, ['registry.example.com/golden/chart:1']],
  },
  { file: 'empty-oci.tar', kind: 'oci-archive', names: [] },
  { file: 'empty-docker.tar', kind: 'docker-archive', names: [] },
];

it('every golden archive has a row in this table', async () => {
  const files = (await readdir(GOLDEN)).filter((file) => file.includes('.tar')).sort();
  expect(ROWS.map(({ file }) => file).sort()).toEqual(files);
});

describe.each(ROWS)('$file', (row) => {
  const { file, kind, compression = 'none', names, half, unreferenced = 0, missing = 0 } = row;
  const open = async () =>
    openArchive(join(GOLDEN, file), { spoolFolder: await temporaryFolder() });

  it('is recognized by its content and has the expected names', async () => {
    const archive = await open();
    await using source = archive.source;
    expect(archive).toMatchObject({ kind, compression, ...(half ? { half } : {}) });
    expect(archive.notices).toHaveLength(half === 'docker' ? 1 : 0);
    const found = new Map<string, Set<string>>();
    const fields: (EmbeddedName | undefined)[] = [];
    for await (const { descriptor, reference, embedded } of source.list()) {
      const known = found.get(descriptor.digest) ?? new Set();
      if (reference !== undefined) known.add(reference);
      found.set(descriptor.digest, known);
      fields.push(embedded);
    }
    expect([...found.values()].map((each) => [...each].sort()).sort()).toEqual(names);
    if (row.embedded) expect(fields[0]).toEqual(row.embedded);
  });

  it('verifies without problems and is copied unchanged', async () => {
    await using source = (await open()).source;
    const verified = await verifySource(source);
    expect(verified.images).toBe(names.length);
    expect(verified.problems.map(({ code }) => code)).toEqual(Array(missing).fill('INCOMPLETE'));
    expect(verified.unreferenced).toHaveLength(unreferenced);
    expect(await verifySource(source, { allowSparse: true })).toMatchObject({ problems: [] });
    if (missing > 0) return;
    const store = new MemoryStore();
    for await (const { descriptor } of source.list()) {
      const moved = await copy(source, descriptor.digest, store);
      expect(moved.digest).toBe(descriptor.digest);
      for (const image of imagesOf(await walk(store, moved)))
        expect(image.config.platform).toMatchObject({ os: 'linux' });
    }
    await store.commit();
    expect(await verifySource(store)).toMatchObject({ images: names.length, problems: [] });
  });
});

describe('names', () => {
  const namesIn = async (file: string, repository?: string) => {
    await using source = (await openArchive(join(GOLDEN, file), { repository })).source;
    const found = [];
    for await (const { reference } of source.list()) found.push(reference);
    return found;
  };

  it('that are only tags get the repository that the user gave', async () => {
    expect(await namesIn('skopeo-oci-tag.tar', 'registry.example.com/team/app')).toEqual([
      'registry.example.com/team/app:v1',
    ]);
    // The given repository takes precedence over the names in the docker half.
    expect(await namesIn('docker-25-tags-only.tar', 'team/app')).toEqual([
      'docker.io/team/app:v1',
      'docker.io/team/app:1.0',
    ]);
    expect(await namesIn('docker-25.tar', 'team/app')).toContain('docker.io/golden/app:v1');
  });

  it('that are only tags are resolved by that tag', async () => {
    await using source = (await openArchive(join(GOLDEN, 'skopeo-oci-tag.tar'))).source;
    expect(await source.resolve('v1')).toMatchObject({ embedded: { text: 'v1' } });
  });
});

it('a name of two different images is ambiguous', async () => {
  const store = await storeWith('app:1');
  const other = await writeImage(store, undefined, { seed: 'b' });
  await store.commit();
  const images: NamedDescriptor[] = [await store.resolve('app:1')];
  images.push({ descriptor: other, reference: 'docker.io/library/app:1' });
  await expect(resolveAmong(store, images, 'app:1')).rejects.toMatchObject({ code: 'AMBIGUOUS' });
  expect(await resolveAmong(store, images, other.digest)).toBe(images[1]);
});

it('a referrer does not count as a second image', async () => {
  await using source = (await openArchive(join(GOLDEN, 'referrers.tar'))).source;
  const image = await source.resolve();
  expect(image.reference).toBe('registry.example.com/golden/app:v1');
  expect(await referrersOf(source, [image.descriptor])).toHaveLength(2);
  await using several = (await openArchive(join(GOLDEN, 'artifact.tar'))).source;
  await expect(several.resolve()).rejects.toMatchObject({ code: 'AMBIGUOUS' });
});
