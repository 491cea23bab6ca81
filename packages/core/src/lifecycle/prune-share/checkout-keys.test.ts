import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BASE, HEAD, NAME, workspaceOf } from '../../../testing/workspace.js';
import { openRecipe } from '../build/recipe.js';
import { findDefinitions } from '../workspace/definitions.js';
import { checkoutKeys } from './checkout-keys.js';

const OTHER = 'apps/app/images/other';

async function start() {
  const { workspace, call, cwd, events } = await workspaceOf({
    [`${OTHER}/image.yaml`]: `${HEAD.replace('base', 'other')}copy: [{ from: x, to: /x }]\n`,
    [`${OTHER}/x`]: 'x',
  });
  const definitions = await findDefinitions(workspace);
  const keys = () => checkoutKeys(workspace, definitions, call);
  return { workspace, call, cwd, events, definitions, keys };
}

it('the keys are the hashes of the inputs of all definitions, on every machine', async () => {
  const { workspace, call, definitions, keys } = await start();
  const { keys: found, unsure } = await keys();
  expect(unsure).toEqual(new Set());
  for (const each of definitions)
    for (const architecture of ['amd64', 'arm64']) {
      const platforms = [{ os: 'linux', architecture }];
      await using recipe = await openRecipe(workspace, each, { ...call, platforms });
      expect(found).toContain(recipe.inputs);
    }
});

it('an image whose inputs are missing is unsure, which a notice says', async () => {
  const { cwd, keys, events } = await start();
  const before = (await keys()).keys.size;
  await rm(join(cwd, BASE, 'files'), { recursive: true });
  const found = await keys();
  expect([found.keys.size, [...found.unsure]]).toEqual([before / 2, [NAME]]);
  expect(events).toMatchObject([
    { type: 'notice', text: expect.stringContaining(`${NAME}: all its images`) as string },
  ]);
});
