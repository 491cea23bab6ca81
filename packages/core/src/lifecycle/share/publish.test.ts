import { describe, expect, it } from 'vitest';
import { type Quirk, refuse } from '../../../testing/quirks/registry.js';
import { TAG_PUT, archiveAt, machine, notices, registry, save } from '../../../testing/share.js';
import { NAME } from '../../../testing/workspace.js';
import { readRecord } from '../../catalog/commit.js';
import { parseEntry, parseShareTag } from '../../share/share-entry.js';

describe('two machines that build one key', () => {
  /** Another image than that of the key: what a build on an engine may give. */
  async function race(quirk: Partial<Quirk>) {
    const made = await registry();
    const other = await machine(made.address);
    await save(other);
    const winner = made.memory;
    const [[tag = '', digest = ''] = []] = [...winner.tags];
    const { memory, address } = await registry({
      ...quirk,
      before: (request, registry) => {
        const isTagged = TAG_PUT.test(`${request.method} ${request.url.pathname}`);
        if (isTagged && !registry.seen.has('raced')) {
          registry.seen.add('raced');
          // The other machine is first.
          for (const [key, value] of winner.manifests) registry.manifests.set(key, value);
          registry.tags.set(tag, digest);
        }
        return quirk.before?.(request, registry);
      },
    });
    return { memory, address, tag, digest };
  }

  it.each([400, 403, 409, 412])(
    'take the first one where tags are immutable (%i)',
    async (status) => {
      const { memory, address, tag, digest } = await race({
        before: ({ method, url }, { tags }) =>
          method === 'PUT' && tags.has(`team/images:${url.pathname.split('/').at(-1) ?? ''}`)
            ? refuse(status, 'TAG_INVALID')
            : undefined,
      });
      const one = await machine(address);
      await save(one);
      expect(memory.tags.get(tag)).toBe(digest);
      expect(notices(one)).toEqual([]);
    },
  );
});

it('names an index of one child by name and key, with the record', async () => {
  const { memory, address } = await registry();
  const one = await machine(address);
  const { digest } = await save(one);
  const [[name, root] = ['', '']] = [...memory.tags];
  const tag = parseShareTag(name.replace('team/images:', ''));
  expect(tag).toMatchObject({ name: NAME });
  const { type: mediaType = '', bytes = Buffer.of() } =
    memory.manifests.get(`team/images@${root}`) ?? {};
  const entry = parseEntry(
    { mediaType, bytes },
    { name: NAME, key: tag?.key ?? '', location: 'x' },
  );
  expect(entry).toMatchObject({ child: { digest }, record: await readRecord(archiveAt(one)) });
});
