import { expect, it } from 'vitest';
import { BASE, HEAD, NAME, workspaceOf } from '../../../testing/workspace.js';
import { EmbeddedEngine } from '../../engine/embedded.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { readDefinition } from '../workspace/definitions.js';
import { readBuilt } from './build-memory.js';
import { graphOf, makeTested, recordBuild } from './make-tested.js';
import { openRecipe } from './recipe.js';

/** The recipe of an image with these lines in its definition, and an engine whose commands end with a code. */
async function start(yaml = '', code = 0) {
  const { workspace, call, events } = await workspaceOf({
    [`${BASE}/image.yaml`]: `${HEAD}copy: [{ from: files, to: /opt }]\n${yaml}`,
  });
  const found = await readDefinition(workspace, BASE, call);
  const recipe = await openRecipe(workspace, found, call);
  const store = new EmbeddedEngine(await temporaryFolder(), { now: Date.now });
  const engine = Object.assign(store, {
    run: async () => code,
    build: () => expect.unreachable(),
    host: 'unix:///x',
  });
  const make = (open = async () => engine) => makeTested(workspace, recipe, open, call);
  return { workspace, call, recipe, make, events };
}

it('an image without steps and tests is made without an engine', async () => {
  const { make, events } = await start();
  await using source = await make(() => expect.unreachable());
  expect(source.location).toContain(NAME);
  expect(events).toEqual([{ type: 'step', subject: NAME, text: 'building' }]);
});

it('an image is given out only when its tests succeed', async () => {
  const { make } = await start("test: ['true']\n");
  await (await make())[Symbol.asyncDispose]();
  const failing = await start("test: ['false']\n", 1);
  await expect(failing.make()).rejects.toMatchObject({ code: 'INVALID' });
});

it('what was made is remembered by the hash of its inputs', async () => {
  const { workspace, recipe, make, call } = await start();
  expect(await readBuilt(workspace, recipe.inputs)).toBeUndefined();
  await using source = await make();
  const graph = await graphOf(source, recipe.definition.reference, call);
  await recordBuild(workspace, recipe, graph);
  expect(await readBuilt(workspace, recipe.inputs)).toMatchObject({ digest: graph.root.digest });
});
