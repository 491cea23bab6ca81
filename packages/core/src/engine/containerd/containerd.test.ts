import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeIndex } from '../../../testing/image.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { chainIds } from '../../oci/config.js';
import { imagesOf } from '../../transfer/graph/graph.js';
import { readContent } from '../../transfer/verified.js';
import { walk } from '../../transfer/graph/walk.js';
import { ContainerdEngine } from './containerd.js';
import { Ctr } from './ctr.js';

/** A `ctr` that lists the images of a file, and prints content from files named by digest. */
const SCRIPT = `
case "$1 $2" in
  'images list') cat images ;;
  'snapshots usage') cat snapshots ;;
  'content get') cat "content/$3" 2>/dev/null || { echo "ctr: content $3: not found" >&2; exit 1; } ;;
esac
`;

it('counts all platforms that are there, also after an absent one, and what is unpacked of them', async () => {
  const folder = await temporaryFolder();
  const store = new MemoryStore();
  const platforms = ['amd64', 'arm64', 's390x'].map((architecture) => ({
    os: 'linux',
    architecture,
  }));
  const index = await writeIndex(store, 'docker.io/library/a:1', platforms);
  const graph = await walk(store, index);
  const [absent, ...present] = graph.nodes.filter(({ platform }) => platform);
  await mkdir(join(folder, 'content'));
  for (const { descriptor } of graph.documents.values())
    if (descriptor.digest !== absent?.digest)
      await writeFile(
        join(folder, 'content', descriptor.digest),
        await readContent(store, descriptor),
      );
  await writeFile(
    join(folder, 'images'),
    `REF TYPE DIGEST\ndocker.io/library/a:1 ${index.mediaType} ${index.digest}\n`,
  );
  const [image] = imagesOf(await walk(store, present[0] ?? index));
  const [chain = ''] = chainIds(image?.config.diffIds ?? []);
  await writeFile(join(folder, 'snapshots'), `KEY SIZE INODES\n${chain} 4096 2\nanother 8192 1\n`);
  const command = ['sh', '-c', `cd '${folder}'; ${SCRIPT}`, 'ctr'] as const;
  await using engine = new ContainerdEngine(new Ctr('containerd:test', command));
  const parts = (await engine.contents()).get(index.digest) ?? [];
  const unpacked = parts.filter(({ id }) => id.startsWith('snapshot '));
  expect(unpacked).toEqual([{ id: `snapshot ${chain}`, bytes: 4096 }]);
  const ids = new Set(parts.flatMap((part) => (unpacked.includes(part) ? [] : [part.id])));
  const expected = new Set([index.digest]);
  for (const child of present)
    for (const { digest } of (await walk(store, child)).nodes) expected.add(digest);
  expect([...ids].sort()).toEqual([...expected].sort());
});
