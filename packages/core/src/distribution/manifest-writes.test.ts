import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../testing/memory-store.js';
import { describe as describeBytes, type Descriptor } from '../oci/descriptor.js';
import { MediaType } from '../oci/media-types.js';
import { ManifestWrites } from './manifest-writes.js';
import type { Answer } from './transport/answer.js';

function target() {
  const puts: string[] = [];
  const names = new Map<string, string>();
  const put = async (name: string) => {
    puts.push(names.get(name) ?? name);
    return { header: () => undefined } as unknown as Answer;
  };
  const writing = Object.assign(new MemoryStore(), { put, find: async () => undefined });
  const writes = new ManifestWrites(writing);
  const write = async (name: string, isRoot: boolean, children: readonly Descriptor[] = []) => {
    const document = { schemaVersion: 2, manifests: children, annotations: { name } };
    const bytes = Buffer.from(JSON.stringify(document));
    const descriptor = describeBytes(MediaType.index, bytes);
    names.set(descriptor.digest, name);
    if (isRoot) writes.begin(descriptor);
    await writes.write(descriptor, bytes, {});
    return descriptor;
  };
  return { writes, write, puts };
}

describe('manifests', () => {
  it('inside an image are put at once, roots at the commit under their tags', async () => {
    const { writes, write, puts } = target();
    const inner = await write('inner', false);
    const root = await write('root', true, [inner]);
    writes.tag(root, '1');
    writes.tag(root, '2');
    expect(puts).toEqual(['inner']);
    await writes.commit({});
    expect(puts).toEqual(['inner', '1', '2']);
  });

  it('without a tag are put under their digest, before the others', async () => {
    const { writes, write, puts } = target();
    const tagged = await write('tagged', true);
    writes.tag(tagged, '1');
    await write('untagged', true);
    await writes.commit({});
    expect(puts).toEqual(['untagged', '1']);
  });

  it('that are roots inside other roots are put before those, and once', async () => {
    const { writes, write, puts } = target();
    const inner = await write('inner', true);
    const outer = await write('outer', true, [inner]);
    writes.tag(outer, 'b');
    writes.tag(inner, 'a');
    await writes.commit({});
    expect(puts).toEqual(['a', 'b']);
  });

  it('are put once by several commits', async () => {
    const { writes, write, puts } = target();
    writes.tag(await write('root', true), '1');
    await writes.commit({});
    await writes.commit({});
    expect(puts).toEqual(['1']);
  });

  it('that are cleared are not put', async () => {
    const { writes, write, puts } = target();
    writes.tag(await write('root', true), '1');
    writes.clear();
    await writes.commit({});
    expect(puts).toEqual([]);
  });

  it('are written before they are tagged', () => {
    const { writes } = target();
    const other = describeBytes(MediaType.index, Buffer.from('x'));
    expect(() => writes.tag(other, '1')).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }) as Error,
    );
  });
});
