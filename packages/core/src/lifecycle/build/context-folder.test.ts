import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { parseDefinition } from '../../definition/definition.js';
import { contextFolder } from './context-folder.js';

async function contextOf(root: string, context: string, folder = root): Promise<string> {
  const text = `project: app\nos: debian-12\nvariant: x\ncontext: ${context}\ncopy: [{ from: ., to: /x }]\n`;
  const definition = parseDefinition({ text, path: 'image.yaml' });
  return contextFolder(root, { definition, folder });
}

describe('the folder of a context', () => {
  it.each([
    ['d', true],
    ['.', true],
    ['inner', true],
    ['..', false],
    ['out', false],
  ])('%s is accepted: %s', async (context, isAccepted) => {
    const [root, elsewhere] = [await temporaryFolder(), await temporaryFolder()];
    await mkdir(join(root, 'd'));
    await symlink('d', join(root, 'inner'));
    await symlink(elsewhere, join(root, 'out'));
    const found = contextOf(root, context);
    if (isAccepted) expect(await found).toBe(join(root, context));
    else await expect(found).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('is in the workspace, or else below its definition', async () => {
    const [root, elsewhere] = [await temporaryFolder(), await temporaryFolder()];
    for (const folder of [join(root, 'images'), elsewhere])
      await mkdir(join(folder, 'sub'), { recursive: true });
    expect(await contextOf(root, '..', join(root, 'images'))).toBe(root);
    expect(await contextOf(root, 'sub', elsewhere)).toBe(join(elsewhere, 'sub'));
    await expect(contextOf(root, '..', elsewhere)).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('that does not exist is NOT_FOUND', async () => {
    const found = contextOf(await temporaryFolder(), 'absent');
    await expect(found).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  // Windows and macOS keep no such names.
  it.runIf(process.platform === 'linux')(
    'whose name is not UTF-8 is not confused with another folder',
    async () => {
      const [root, elsewhere] = [await temporaryFolder(), await temporaryFolder()];
      await mkdir(join(root, '\ufffd'));
      await symlink(elsewhere, Buffer.from(`${root}/\xff`, 'latin1'));
      await expect(contextOf(root, '"\\udcff"')).rejects.toMatchObject({ code: 'USAGE' });
    },
  );
});
