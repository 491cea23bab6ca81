import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { archiveAt, machine, notices, registry, save, unsharedAt } from '../../../testing/share.js';
import { BASE } from '../../../testing/workspace.js';

it('does not believe an entry that contradicts its tag', async () => {
  const { memory, address } = await registry();
  const one = await machine(address);
  await save(one);
  await writeFile(join(one.cwd, BASE, 'files/a'), 'changed\n');
  await save(one);
  const [[first, digest = ''] = ['', ''], [second = ''] = []] = [...memory.tags];
  // The first tag names the entry of the second one.
  memory.tags.set(first, memory.tags.get(second) ?? digest);
  const two = await machine(address);
  expect(await save(two)).toMatchObject({ action: 'saved' });
  expect(notices(two).join()).toContain('an image of the share is not used');
  // Nothing replaces a key.
  expect(memory.tags.get(first)).toBe(memory.tags.get(second));
  expect(await readFile(unsharedAt(two))).toEqual(await readFile(archiveAt(two)));
});
