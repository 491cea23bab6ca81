import { expect, it } from 'vitest';
import { sourceContract } from '../../testing/contracts/source.js';
import { storeWith } from '../../testing/image.js';
import type { MemoryStore } from '../../testing/memory-store.js';
import type { Digest } from '../oci/digest.js';
import { oneChunk } from '../transfer/copy.js';
import type { Open } from '../transfer/store.js';
import { readAll } from '../transfer/verified.js';
import { walk } from '../transfer/graph/walk.js';
import { ConvertedSource } from './converted-source.js';

/** The first image of `content`, every second node of it as if a conversion had changed it. */
async function convertedSource(content: MemoryStore): Promise<ConvertedSource> {
  for await (const image of content.list()) {
    const { nodes } = await walk(content, image.descriptor);
    const changed = new Map<Digest, Open>();
    for (const node of nodes.filter((_, at) => at % 2 === 0))
      changed.set(node.digest, () => content.read(node));
    return new ConvertedSource(content, image, changed);
  }
  throw new Error('expected an image');
}

sourceContract('a converted image', convertedSource, { isOneImage: true });

it('lists its image under its name', async () => {
  const content = await storeWith('one:1');
  const { descriptor } = await content.resolve();
  const listed: unknown[] = [];
  for await (const image of (await convertedSource(content)).list()) listed.push(image);
  expect(listed).toEqual([{ reference: 'docker.io/library/one:1', descriptor }]);
});

it('reads changed content from any byte to any byte', async () => {
  const content = await storeWith('one:1');
  const { descriptor } = await content.resolve();
  const chunks = ['ab', '', 'cde', 'f'].map((text) => Buffer.from(text));
  const open: Open = async function* () {
    for (const chunk of chunks) yield* oneChunk(chunk);
  };
  const source = new ConvertedSource(content, { descriptor }, new Map([[descriptor.digest, open]]));
  for (let start = 0; start <= 6; start++)
    for (let end = start; end <= 6; end++)
      expect(Buffer.from(await readAll(source.read(descriptor, { start, end }))).toString()).toBe(
        'abcdef'.slice(start, end),
      );
});
