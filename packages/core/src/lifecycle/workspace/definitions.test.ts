import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { BASE, HEAD, NAME, workspaceOf } from '../../../testing/workspace.js';
import { findDefinitions, namesakes, readDefinition, refuseNamesakes } from './definitions.js';

const texts = (events: readonly object[]) =>
  events.map((event) => ('text' in event ? event.text : ''));

describe('the definitions of a workspace', () => {
  it('are found in folders named images, sorted, and in no folder of tools', async () => {
    const other = HEAD.replace('variant: base', 'variant: other');
    const { workspace } = await workspaceOf({
      'apps/app/images/other/image.yaml': other,
      'apps/app/other/base/image.yaml': HEAD,
      'node_modules/x/images/base/image.yaml': HEAD,
      'dist/images/base/image.yaml': HEAD,
    });
    const found = await findDefinitions(workspace);
    expect(found.map(({ definition }) => definition.variant)).toEqual(['base', 'other']);
    expect(found[0]?.folder).toBe(join(workspace.root, BASE));
  });

  it('that are invalid, or have one name, are notices', async () => {
    const { workspace, call, events } = await workspaceOf({
      'apps/app/images/bad/image.yaml': 'project: 7\n',
      'apps/other/images/base/image.yaml': HEAD,
    });
    const found = await findDefinitions(workspace, call);
    expect(found).toHaveLength(2);
    expect(texts(events)).toEqual([
      expect.stringContaining('skipped: '),
      expect.stringContaining(`${NAME}: 2 definitions have this name`),
    ]);
    expect(namesakes(found)).toEqual([
      { name: NAME, paths: found.map(({ folder }) => join(folder, 'image.yaml')) },
    ]);
  });
});

describe('a definition', () => {
  it('that is given through a link to the workspace is the one of the workspace', async () => {
    const { workspace, call } = await workspaceOf();
    const link = join(await temporaryFolder(), 'link');
    await symlink(workspace.root, link);
    const found = await readDefinition(workspace, join(link, BASE), call);
    expect(found.folder).toBe(join(workspace.root, BASE));
    await refuseNamesakes(workspace, [found]);
  });

  it('is read by its path or its folder', async () => {
    const { workspace, call } = await workspaceOf();
    for (const path of [BASE, `${BASE}/image.yaml`]) {
      const { definition, folder } = await readDefinition(workspace, path, call);
      expect([definition.name, folder]).toEqual([NAME, join(workspace.root, BASE)]);
    }
  });

  it.each([
    ['no file', 'none', {}, 'NOT_FOUND'],
    ['an invalid one', BASE, { [`${BASE}/image.yaml`]: 'a: 1' }, 'USAGE'],
    [
      'a name that the settings refuse',
      BASE,
      { 'stowage.yaml': "naming: { pattern: '^x' }" },
      'NAMING',
    ],
  ])('of %s is refused', async (_what, path, files, code) => {
    const { workspace, call } = await workspaceOf(files);
    await expect(readDefinition(workspace, path, call)).rejects.toMatchObject({ code });
  });
});

it('images of one name are not made: each would replace the other', async () => {
  const { workspace, call } = await workspaceOf({ 'apps/other/images/base/image.yaml': HEAD });
  const found = await readDefinition(workspace, 'apps/other/images/base', call);
  await expect(refuseNamesakes(workspace, [found])).rejects.toMatchObject({
    code: 'NAMING',
    message: expect.stringContaining(join(workspace.root, BASE, 'image.yaml')) as string,
  });
  const other = await workspaceOf();
  const own = await readDefinition(other.workspace, BASE, other.call);
  await refuseNamesakes(other.workspace, [own]);
});
