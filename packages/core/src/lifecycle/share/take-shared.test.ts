import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  TAG_PUT,
  TOP,
  TOP_NAME,
  machine,
  recordAt,
  registry,
  requestsOf,
  save,
} from '../../../testing/share.js';
import { BASE, NAME, buildPath } from '../../../testing/workspace.js';
import { list } from '../inspect/list.js';
import { load } from '../load/load.js';

describe('an image whose inputs the share knows', () => {
  it('is not built: one request, an equal record, and no layer until it is loaded', async () => {
    const { memory, address } = await registry();
    const [one, two] = [await machine(address), await machine(address)];
    expect(await save(one)).toMatchObject({ action: 'saved' });
    expect(requestsOf(memory).filter((each) => TAG_PUT.test(each))).toHaveLength(1);
    expect(await save(two)).toMatchObject({ action: 'remote', size: null });
    expect(requestsOf(memory)).toHaveLength(1);
    expect(await recordAt(two)).toBe(await recordAt(one));
    expect(await list(two.workspace)).toMatchObject([{ name: NAME, state: 'remote' }]);
    expect(await save(two)).toMatchObject({ action: 'skipped' });
    expect(requestsOf(memory)).toEqual([]);
    expect(await load(two.workspace, [NAME], two.call)).toMatchObject([{ action: 'loaded' }]);
    expect(requestsOf(memory).filter((each) => each.includes('/blobs/'))).toHaveLength(2);
  });

  it('is put into an engine by build', async () => {
    const { address } = await registry();
    const [one, two] = [await machine(address), await machine(address)];
    const { digest } = await save(one);
    expect(await buildPath(two.workspace, BASE, two.call)).toMatchObject({
      action: 'remote',
      digest,
    });
    expect(await buildPath(two.workspace, BASE, two.call)).toMatchObject({ action: 'skipped' });
  });

  it('is the base of another one without being fetched', async () => {
    const { memory, address } = await registry();
    const [one, two] = [await machine(address), await machine(address)];
    await save(one);
    await save(one, TOP);
    requestsOf(memory);
    await save(two);
    expect(await save(two, TOP)).toMatchObject({ action: 'remote' });
    expect(requestsOf(memory)).toHaveLength(2);
    expect(await recordAt(two, TOP_NAME)).toBe(await recordAt(one, TOP_NAME));
  });

  it('is built on where it is only in the share, and only the new layer is sent', async () => {
    const { memory, address } = await registry();
    const [one, two] = [await machine(address), await machine(address)];
    await save(one);
    await save(two);
    await writeFile(join(two.cwd, TOP, 'files/b'), 'changed\n');
    requestsOf(memory);
    expect(await save(two, TOP)).toMatchObject({ action: 'saved' });
    const uploads = requestsOf(memory).filter((each) => /^POST .*uploads\/$/.test(each));
    expect(uploads).toHaveLength(2);
  });
});
