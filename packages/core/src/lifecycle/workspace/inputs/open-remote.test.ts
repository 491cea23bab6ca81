import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { archiveAt, machine, recordAt, registry, save } from '../../../../testing/share.js';
import { BASE, NAME } from '../../../../testing/workspace.js';
import { archiveImage } from '../../build/archive-image.js';
import { list } from '../../inspect/list.js';
import { load } from '../../load/load.js';
import { readDefinition } from '../definitions.js';

describe('the archive of an image in the share', () => {
  it('is made on demand, equal to the one that was published, and the record stays', async () => {
    const { address } = await registry();
    const [one, two] = [await machine(address), await machine(address)];
    await save(one);
    await save(two);
    const before = await recordAt(two);
    const archive = async () =>
      archiveImage(two.workspace, await readDefinition(two.workspace, BASE, two.call), two.call);
    expect(await archive()).toMatchObject({ action: 'saved' });
    expect(await readFile(archiveAt(two))).toEqual(await readFile(archiveAt(one)));
    expect(await recordAt(two)).toBe(before);
    expect(await archive()).toMatchObject({ action: 'skipped' });
  });

  it('that is older is a conflict by its path, and the image is found by its name', async () => {
    const { address } = await registry();
    const [one, two] = [await machine(address), await machine(address)];
    await save(two);
    for (const each of [one, two]) await writeFile(join(each.cwd, BASE, 'files/a'), 'changed\n');
    const { digest } = await save(one);
    expect(await save(two)).toMatchObject({ action: 'remote', digest });
    expect(await list(two.workspace)).toMatchObject([{ name: NAME, state: 'remote', digest }]);
    await expect(load(two.workspace, [archiveAt(two)], two.call)).rejects.toMatchObject({
      code: 'CONFLICT',
      hint: expect.stringContaining('image-archive') as string,
    });
    expect(await load(two.workspace, [NAME], two.call)).toMatchObject([{ digest }]);
  });
});
