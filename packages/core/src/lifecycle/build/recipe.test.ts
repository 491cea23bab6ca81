import { describe, expect, it } from 'vitest';
import { BASE, HEAD, workspaceOf } from '../../../testing/workspace.js';
import { parsePlatform } from '../../oci/platform.js';
import { surroundingsOf } from '../../surroundings.js';
import { readDefinition } from '../workspace/definitions.js';
import { openRecipe, type RecipeOptions } from './recipe.js';

async function recipeOf(
  yaml: string,
  options: Partial<RecipeOptions> = {},
  env: Record<string, string> = {},
  settings = '',
) {
  const { workspace, call } = await workspaceOf({
    'stowage.yaml': settings,
    [`${BASE}/image.yaml`]: `${HEAD}copy: [{ from: files, to: /opt }]\n${yaml}`,
  });
  const found = await readDefinition(workspace, BASE, call);
  const own = { ...workspace, surroundings: surroundingsOf({ env }) };
  return openRecipe(own, found, { ...call, ...options });
}

describe('the recipe of an image', () => {
  it('has the platforms given, else those of the definition, else one of this machine', async () => {
    const platforms = [parsePlatform('linux/s390x')];
    const keys = async (yaml: string, options = {}) =>
      (await recipeOf(yaml, options)).platforms.map(({ architecture }) => architecture);
    expect(await keys('platforms: [linux/arm64]\n', { platforms })).toEqual(['s390x']);
    expect(await keys('platforms: [linux/arm64]\n', { platforms: [] })).toEqual(['arm64']);
    expect(await keys('')).toHaveLength(1);
  });

  it('has the time of the environment, else 1970', async () => {
    expect((await recipeOf('')).epoch).toBe(0);
    expect((await recipeOf('', {}, { SOURCE_DATE_EPOCH: '1767322800' })).epoch).toBe(1_767_322_800);
    for (const text of ['', 'now', '-1', '1.5'])
      await expect(recipeOf('', {}, { SOURCE_DATE_EPOCH: text })).rejects.toMatchObject({
        code: 'USAGE',
      });
  });

  it('has the network of the definition, else of the settings', async () => {
    expect((await recipeOf('network: host\n', {}, {}, 'network: none\n')).network).toBe('host');
    expect((await recipeOf('', {}, {}, 'network: none\n')).network).toBe('none');
  });

  it('has another hash with each change of a further context', async () => {
    const inputs = async (name: string, files: Readonly<Record<string, string>>) => {
      const { workspace, call } = await workspaceOf({
        [`${BASE}/image.yaml`]: `${HEAD}dockerfile: D\nbuild_contexts: { ${name}: ../../../../shared }\n`,
        [`${BASE}/D`]: 'FROM scratch\n',
        ...files,
      });
      return (await openRecipe(workspace, await readDefinition(workspace, BASE, call), call))
        .inputs;
    };
    const first = await inputs('a', { 'shared/f': '1' });
    expect(await inputs('a', { 'shared/f': '1' })).toBe(first);
    expect(await inputs('b', { 'shared/f': '1' })).not.toBe(first);
    expect(await inputs('a', { 'shared/f': '2' })).not.toBe(first);
    expect(await inputs('a', { 'shared/f': '1', 'shared/g': '' })).not.toBe(first);
    expect(await inputs('a', { 'shared/f': '1', 'shared/image.lock.yaml': '' })).toBe(first);
  });

  it('has no further context outside the workspace', async () => {
    const { workspace, call } = await workspaceOf({
      [`${BASE}/image.yaml`]: `${HEAD}dockerfile: D\nbuild_contexts: { a: ../../../../.. }\n`,
      [`${BASE}/D`]: 'FROM scratch\n',
    });
    const found = await readDefinition(workspace, BASE, call);
    await expect(openRecipe(workspace, found, call)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('build_contexts: a: "../../../../.." is not') as string,
    });
  });

  it('has one hash for equal inputs', async () => {
    const inputs = async (yaml: string) => (await recipeOf(yaml)).inputs;
    expect(await inputs('')).toBe(await inputs('facts: { tools: [x] }\n'));
    expect(await inputs('')).not.toBe(await inputs('user: ada\n'));
  });
});
