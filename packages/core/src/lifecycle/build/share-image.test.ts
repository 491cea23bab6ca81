import { describe, expect, it } from 'vitest';
import { machine, notices, registry, save } from '../../../testing/share.js';
import { BASE, HEAD } from '../../../testing/workspace.js';
import { readDefinition } from '../workspace/definitions.js';
import { openRecipe } from './recipe.js';
import { findForRecipe } from './share-image.js';

/** A share that has the image of a definition, and another machine that asks for it. */
async function start(share?: string) {
  const { memory, address } = await registry();
  const { digest } = await save(await machine(address));
  const two = await machine(address, share);
  const { workspace, call } = two;
  const recipe = await openRecipe(workspace, await readDefinition(workspace, BASE, call), call);
  memory.requests.length = 0;
  const find = (options = {}) => findForRecipe(workspace, recipe, { ...call, ...options });
  return { memory, digest, find, two };
}

describe('the image of a recipe', () => {
  it('is found in the share', async () => {
    const { find, digest } = await start();
    expect((await find())?.entry.record.digest).toBe(digest);
  });

  it.each([
    ['force', undefined, { force: true }],
    ['the mode off', 'mode: off', {}],
  ])('is not asked for with %s', async (_, share, options) => {
    const { find, memory } = await start(share);
    expect(await find(options)).toBeUndefined();
    expect(memory.requests).toEqual([]);
  });

  it('is not shared while its inputs are not pinned, which a notice says', async () => {
    const { memory, address } = await registry();
    const two = await machine(address, 'mode: read', {
      [`${BASE}/image.yaml`]: `${HEAD}base: debian:12\npackages: [curl]\n`,
    });
    const { workspace, call } = two;
    const recipe = await openRecipe(workspace, await readDefinition(workspace, BASE, call), call);
    expect(await findForRecipe(workspace, recipe, call)).toBeUndefined();
    expect(memory.requests).toEqual([]);
    expect(notices(two)).toEqual([
      expect.stringContaining('is not shared, because these images have no digest'),
    ]);
  });
});
