import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeIndex } from '../../../testing/image.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { readContent } from '../../transfer/verified.js';
import { walk } from '../../transfer/walk.js';
import { ContainerdEngine } from './containerd.js';
import { Ctr } from './ctr.js';

/** A `ctr` that lists the images of a file, and prints content from files named by digest. */
const SCRIPT = `
case "$1 $2" in
  'images list') cat images ;;
  'content get') cat "content/$3" 2>/dev/null || { echo "ctr: content $3: not found" >&2; exit 1; } ;;
esac
`;

it('counts all platforms that are there, also after an absent one', async () => {
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
  const command = ['sh', '-c', `cd '${folder}'; ${SCRIPT}`, 'ctr'] as const;
  await using engine = new ContainerdEngine(new Ctr('containerd:test', command));
  const ids = new Set((await engine.contents(index.digest)).map(({ id }) => id));
  const expected = new Set([index.digest]);
  for (const child of present)
    for (const { digest } of (await walk(store, child)).nodes) expected.add(digest);
  expect([...ids].sort()).toEqual([...expected].sort());
});
