import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { refuse } from '../../../testing/quirks/registry.js';
import {
  TOP,
  archiveAt,
  machine,
  notices,
  registry,
  requestsOf,
  save,
  unsharedAt,
} from '../../../testing/share.js';
import { BASE, HEAD, NAME } from '../../../testing/workspace.js';
import { list } from '../inspect/list.js';
import { load } from '../load/load.js';

describe('an image that the share does not take', () => {
  it('is kept as an unshared archive, and the archive is restored from it', async () => {
    const { address } = await registry();
    const one = await machine(address, 'mode: read');
    const { digest } = await save(one);
    expect(await readFile(unsharedAt(one))).toEqual(await readFile(archiveAt(one)));
    await rm(archiveAt(one));
    expect(await load(one.workspace, [NAME], one.call)).toMatchObject([{ digest }]);
    expect(await list(one.workspace)).toMatchObject([{ name: NAME, state: 'ok' }]);
  });

  it('is no longer kept once the share has its key', async () => {
    const { address } = await registry();
    const [reader, writer] = [await machine(address, 'mode: read'), await machine(address)];
    await save(reader);
    await save(writer);
    await rm(join(reader.cwd, '.stowage/builds'), { recursive: true });
    expect(await save(reader)).toMatchObject({ action: 'remote' });
    await expect(readFile(unsharedAt(reader))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([401, 403, 413, 500, 507])('goes on after %i, with one notice', async (status) => {
    const { address } = await registry({
      before: ({ url }) => (url.pathname === '/v2/' ? undefined : refuse(status)),
    });
    const one = await machine(address);
    expect(await save(one)).toMatchObject({ action: 'saved' });
    expect(await readFile(unsharedAt(one))).toEqual(await readFile(archiveAt(one)));
    expect(notices(one)).toHaveLength(1);
  });

  it('goes on without a registry, which is not asked again for a minute', async () => {
    const { memory, address } = await registry({ before: () => refuse(503) });
    const one = await machine(address);
    expect(await save(one)).toMatchObject({ action: 'saved' });
    expect(requestsOf(memory)).toHaveLength(1);
    expect(notices(one)).toHaveLength(1);
    await save(one, TOP);
    expect(requestsOf(memory)).toEqual([]);
    expect(notices(one)).toHaveLength(1);
  });

  it('is an error if the share is required', async () => {
    const { address } = await registry({ before: () => refuse(503) });
    const one = await machine(address, 'required: true');
    await expect(save(one)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('has inputs that are not pinned, which a notice names', async () => {
    const { memory, address } = await registry();
    const definition = `${HEAD}base: debian:12\nrun: ['true']\n`;
    const one = await machine(address, 'mode: read', { [`${BASE}/image.yaml`]: definition });
    // The embedded engine cannot build it: the notice comes before.
    await expect(save(one)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(notices(one).join()).toContain('is not shared, because these images have no digest');
    expect(requestsOf(memory)).toEqual([]);
  });
});
