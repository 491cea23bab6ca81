import { expect, it } from 'vitest';
import { storeWith } from '../../../testing/image.js';
import { copy } from '../../transfer/copy.js';
import { NamedWriter } from './named-writer.js';

it('the names that were written are known, fully qualified, with their digests', async () => {
  const content = await storeWith('app:1');
  const writer = new NamedWriter('x', async (archive) => {
    for await (const _ of archive);
  });
  const { digest } = await copy(content, 'app:1', writer, { as: 'other' });
  await writer.commit();
  expect([...writer.names]).toEqual([['docker.io/library/other:latest', digest]]);
});

it('a name of nothing is none', async () => {
  const writer = new NamedWriter('x', async () => undefined);
  const { descriptor } = await (await storeWith('app:1')).resolve();
  await expect(writer.tag(descriptor, 'app:1')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(writer.names.size).toBe(0);
});
