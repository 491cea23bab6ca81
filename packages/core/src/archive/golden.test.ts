import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../testing/memory-store.js';
import { temporaryFolder } from '../../testing/temporary.js';
import type { Compression } from '../compression/detect.js';
import { copy } from '../transfer/copy.js';
import { imagesOf, walk } from '../transfer/walk.js';
import { verifySource } from '../verify/verify-source.js';
import { openArchive, type ArchiveKind } from './open-archive.js';

/** Written by the tools themselves: see tools/golden/make.sh, and VERSIONS beside the archives. */
const GOLDEN = join(import.meta.dirname, '../../testing/golden');

interface Row {
  readonly file: string;
  readonly kind: ArchiveKind;
  readonly compression?: Compression;
  /** Of each image, sorted; an image without a name is an empty list. */
  readonly names: readonly (readonly string[])[];
  /** Files that belong to no image. */
  readonly unreferenced?: number;
}

const APP = ['docker.io/golden/app:v1'];
const LOCAL = ['localhost/golden/app:v1'];
const ELSEWHERE = ['registry.example.com/golden/app:v1'];

const ROWS: readonly Row[] = [
  { file: 'docker-20.tar', kind: 'docker-archive', names: [APP] },
  { file: 'docker-20-unnamed.tar', kind: 'docker-archive', names: [[]] },
  {
    file: 'docker-20-several.tar',
    kind: 'docker-archive',
    names: [['docker.io/golden/app:also', ...APP], ['docker.io/library/hello:1.0']],
  },
  { file: 'podman.tar', kind: 'docker-archive', names: [LOCAL] },
  { file: 'podman-several.tar', kind: 'docker-archive', names: [LOCAL, ['localhost/hello:1.0']] },
  { file: 'podman-oci.tar', kind: 'oci-archive', names: [LOCAL] },
  { file: 'podman-oci.tar.gz', kind: 'oci-archive', compression: 'gzip', names: [LOCAL] },
  { file: 'podman-oci.tar.zst', kind: 'oci-archive', compression: 'zstd', names: [LOCAL] },
  { file: 'podman-oci.tar.xz', kind: 'oci-archive', compression: 'xz', names: [LOCAL] },
  { file: 'podman-oci.tar.bz2', kind: 'oci-archive', compression: 'bzip2', names: [LOCAL] },
  { file: 'buildah-oci.tar', kind: 'oci-archive', names: [APP] },
  { file: 'skopeo-unnamed.tar', kind: 'docker-archive', names: [[]] },
  { file: 'skopeo-oci-tag.tar', kind: 'oci-archive', names: [[]] },
  { file: 'skopeo-oci-short.tar', kind: 'oci-archive', names: [['docker.io/library/nginx:1.21']] },
  { file: 'skopeo-oci-unnamed.tar', kind: 'oci-archive', names: [[]] },
  // What umoci put away when it wrote a new manifest is still there.
  { file: 'umoci-dot-slash.tar', kind: 'oci-archive', names: [[]], unreferenced: 2 },
  { file: 'ctr.tar', kind: 'hybrid-archive', names: [LOCAL] },
  { file: 'crane.tar', kind: 'docker-archive', names: [ELSEWHERE] },
  { file: 'regctl.tar', kind: 'hybrid-archive', names: [ELSEWHERE] },
];

it('every golden archive has its row', async () => {
  const files = (await readdir(GOLDEN)).filter((file) => file.includes('.tar')).sort();
  expect(ROWS.map(({ file }) => file).sort()).toEqual(files);
});

describe.each(ROWS)('$file', ({ file, kind, compression = 'none', names, unreferenced = 0 }) => {
  const opened = async () =>
    openArchive(join(GOLDEN, file), { spoolFolder: await temporaryFolder() });

  it('is told by its content, and has its names', async () => {
    const archive = await opened();
    await using source = archive.source;
    expect(archive).toMatchObject({ kind, compression, notices: [] });
    const found = new Map<string, string[]>();
    for await (const { descriptor, reference } of source.list())
      found.set(descriptor.digest, [
        ...(found.get(descriptor.digest) ?? []),
        ...(reference === undefined ? [] : [reference]),
      ]);
    expect([...found.values()].map((each) => each.sort()).sort()).toEqual(names);
  });

  it('is sound, and moves unchanged', async () => {
    await using source = (await opened()).source;
    const verified = await verifySource(source);
    expect(verified).toMatchObject({ images: names.length, problems: [] });
    expect(verified.unreferenced).toHaveLength(unreferenced);
    const store = new MemoryStore();
    for await (const { descriptor } of source.list()) {
      const moved = await copy(source, descriptor.digest, store);
      expect(moved.digest).toBe(descriptor.digest);
      const [image] = imagesOf(await walk(store, moved));
      expect(image?.config.platform).toMatchObject({ os: 'linux', architecture: 'amd64' });
    }
    await store.commit();
    expect(await verifySource(store)).toMatchObject({ images: names.length, problems: [] });
  });
});
