import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sourceContract } from '../../testing/contracts/source.js';
import { storeWith } from '../../testing/image.js';
import type { MemoryStore } from '../../testing/memory-store.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { copy } from '../transfer/copy.js';
import { isLocated } from '../transfer/extent.js';
import { LayoutSink } from './layout-sink.js';
import { openLayout } from './layout-dir.js';

async function layoutOf(content: MemoryStore): Promise<string> {
  const folder = await temporaryFolder();
  const sink = new LayoutSink(folder);
  for await (const { reference, descriptor } of content.list())
    await copy(content, descriptor.digest, sink, { as: reference });
  await sink.commit();
  return folder;
}

sourceContract('a layout folder', async (content) => openLayout(await layoutOf(content)));

describe('a folder', () => {
  it('without index.json is no layout; nor is one whose index.json is a folder', async () => {
    const folder = await temporaryFolder();
    await expect(openLayout(folder)).rejects.toMatchObject({ code: 'INVALID', location: folder });
    await mkdir(join(folder, 'index.json'));
    await expect(openLayout(folder)).rejects.toMatchObject({ code: 'INVALID' });
  });

  it('lists its files by path, with slashes, and no folders and links', async () => {
    const folder = await layoutOf(await storeWith('app:1', { layers: 1 }));
    await writeFile(join(folder, 'more'), 'x');
    await symlink('more', join(folder, 'link'));
    await using source = await openLayout(folder);
    if (!isLocated(source)) throw new Error('expected a located source');
    const members = (await source.members()).map(({ member }) => member);
    expect(members).toEqual([...members].sort());
    expect(members.filter((member) => !member.startsWith('blobs/sha256/'))).toEqual([
      'index.json',
      'more',
      'oci-layout',
    ]);
  });
});
